/** Owns the fault server of a run: started once before all tests of both hosts, which get its origin. */
import { startFaultServer } from "@asupersync/fault-server";
import type { FaultOrigins } from "@asupersync/fault-server/client";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    faultServer: FaultOrigins;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startFaultServer();
  const { origin, otherOrigin, controlOrigin } = server;
  project.provide("faultServer", { origin, otherOrigin, controlOrigin });
  return async () => server[Symbol.asyncDispose]();
}
