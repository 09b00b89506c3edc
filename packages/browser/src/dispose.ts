/** Owns the symbol of `await using`, which some browsers still lack. */

/** `Symbol.asyncDispose`, or what compilers use in its place. */
export const ASYNC_DISPOSE: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for("Symbol.asyncDispose") as typeof Symbol.asyncDispose);
