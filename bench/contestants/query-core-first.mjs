/** The first query of TanStack Query's core. */

import { QueryClient } from "@tanstack/query-core";
import { FIRST_VALUE } from "../workloads/first-task.mjs";

export function firstTask() {
  const client = new QueryClient();
  return client.fetchQuery({ queryKey: ["first"], queryFn: async () => FIRST_VALUE });
}
