/** Owns the package's one error type. */

/** Every mistake that this package can find in its caller's code. */
export type ReactErrorCode = "REACT_PROVIDER_MISSING";

/** A caller's mistake: what was expected, what came, and what to do about it. */
export class AsupersyncReactError extends Error {
  override readonly name = "AsupersyncReactError";
  readonly code: ReactErrorCode;
  readonly expected: string;
  readonly received: string;
  readonly mend: string;

  constructor(facts: {
    readonly code: ReactErrorCode;
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
