/** Owns what the operations on several bodies have in common: how each is set up. */
import { checkBodies, checkLabel, checkOptions } from "../validate.js";

/** How an operation on several bodies is set up. */
export interface BranchesOptions {
  /** Its name in snapshots; 200 characters are kept. Default: the name of the operation. */
  readonly label?: string;
}

const BRANCHES_OPTIONS = ["label"] as const satisfies readonly (keyof BranchesOptions)[];

/**
 * Checks what an operation on several bodies was given, and gives its label.
 *
 * @param name The operation's name, which is its label by default.
 * @throws {AsupersyncError} `INVALID_ARGUMENT`.
 */
export function checkBranches(
  name: string,
  bodies: unknown,
  options: BranchesOptions | undefined,
): string {
  checkBodies(bodies, name);
  checkOptions(options, BRANCHES_OPTIONS, "options");
  return checkLabel(options?.label) ?? name;
}
