/** Owns the symbols of `using` and `await using`, which some browsers still lack. */

/** `Symbol.asyncDispose`, or what compilers use in its place. */
export const ASYNC_DISPOSE: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for("Symbol.asyncDispose") as typeof Symbol.asyncDispose);

/** `Symbol.dispose`, or what compilers use in its place. */
export const DISPOSE: typeof Symbol.dispose =
  Symbol.dispose ?? (Symbol.for("Symbol.dispose") as typeof Symbol.dispose);
