/** The loader as the tests of any kernel have it: who asks for no kernel gets the smallest. */
import * as loader from "../../../browser-core/dist/load.js";
import { coreMin } from "../../../browser-core/dist/min.js";

export const loadKernelModule: typeof loader.loadKernelModule = (source = coreMin) =>
  loader.loadKernelModule(source);
export const loadKernelWasm: typeof loader.loadKernelWasm = (source = coreMin) =>
  loader.loadKernelWasm(source);
