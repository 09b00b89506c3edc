/** Owns how a class gets a member from the file that owns the member, so that an app pays for what it loads. */

/** Adds a method. `call` gets the object that it was called on, and the arguments. */
export function addMethod<T extends object>(
  prototype: T,
  name: string,
  call: (self: T, args: unknown[]) => unknown,
): void {
  // Under its name, which stacks show.
  const method = {
    [name](this: T, ...args: unknown[]): unknown {
      return call(this, args);
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
