/** Owns the runtime tags of a realm: handles carry one, so that another runtime's are refused. */
import { AsupersyncError } from "./errors.js";

/** As many as a handle's seven bits can name; 0 stays unused, so that no handle is 0. */
const TAGS_MAX = 127;

const taken = new Set<number>();
let last = 0;

/**
 * A tag that no open runtime has. Taken in turn, so that the handles of a closed runtime are refused as
 * foreign for as long as possible.
 *
 * @throws {AsupersyncError} `LIMIT_REACHED`.
 */
export function takeTag(): number {
  if (taken.size >= TAGS_MAX) {
    throw new AsupersyncError("LIMIT_REACHED", `${TAGS_MAX + 1}`, {
      expected: `at most ${TAGS_MAX} open runtimes`,
      mend: "close one first; one runtime is enough for a page",
    });
  }
  do {
    last = (last % TAGS_MAX) + 1;
  } while (taken.has(last));
  taken.add(last);
  return last;
}

/** Gives a tag back: its runtime has closed. */
export function releaseTag(tag: number): void {
  taken.delete(tag);
}
