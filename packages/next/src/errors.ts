/** Owns the package's one error type. */

/** Every mistake that this package can find in its caller's code. */
export type NextErrorCode = "NEXT_SERVER_USE";

/** A caller's mistake: what was expected, what came, and what to do about it. */
export class AsupersyncNextError extends Error {
  override readonly name = "AsupersyncNextError";
  readonly code: NextErrorCode;
  readonly expected: string;
  readonly received: string;
  readonly mend: string;

  constructor(facts: {
    readonly code: NextErrorCode;
    readonly expected: string;
    readonly received: string;
    readonly mend: string;
  }) {
    const { code, expected, received, mend } = facts;
    const page = `@asupersync/browser/docs/errors/${code}.md`;
    super(`${code}: expected ${expected}, got ${received}: ${mend} (see ${page})`);
    this.code = code;
    this.expected = expected;
    this.received = received;
    this.mend = mend;
  }
}
