/** Owns the fault server of a run: started once before all tests of both hosts, which get its origin. */
import { startFaultServer } from "@asupersync/fault-server";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    faultServer: string;
    otherFaultServer: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startFaultServer();
  project.provide("faultServer", server.origin);
  project.provide("otherFaultServer", server.otherOrigin);
  return async () => server[Symbol.asyncDispose]();
}
