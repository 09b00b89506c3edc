/** Owns how a class gets a member from the file that owns the member, so that an app pays for what it loads. */

/** Gets what a method was called on, and what it was given. */
export type MethodOf<T> = (self: T, a: unknown, b: unknown, c: unknown, d: unknown) => unknown;

/** Adds a method. None takes more than four; an array of what it was given would cost more than passing those. */
export function addMethod<T extends object>(prototype: T, name: string, call: MethodOf<T>): void {
  // Under its name, which stacks show.
  const method = {
    [name](this: T, a: unknown, b: unknown, c: unknown, d: unknown): unknown {
      return call(this, a, b, c, d);
    },
  };
  Object.defineProperty(prototype, name, {
    value: method[name],
    writable: true,
    configurable: true,
  });
}

/** Adds what is read like a field. */
export function addGetter<T extends object>(
  prototype: T,
  name: string,
  read: (self: T) => unknown,
): void {
  Object.defineProperty(prototype, name, {
    get(this: T): unknown {
      return read(this);
    },
  });
}
