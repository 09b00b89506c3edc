/** Owns the queue: first in, first out, in constant time, and no reference to what was taken. */

/** Places that a queue begins with; a power of two, as every number of places is. */
const PLACES_MIN = 8;

/** Values in order. Whoever puts some in bounds how many there are. */
export class Queue<T> {
  /** A ring: `length` values from `#first` on. */
  #places: (T | undefined)[] = new Array(PLACES_MIN).fill(undefined);
  #first = 0;
  length = 0;

  push(value: T): void {
    if (this.length === this.#places.length) this.#grow();
    this.#places[(this.#first + this.length) & (this.#places.length - 1)] = value;
    this.length += 1;
  }

  /** Takes the first value; there must be one. */
  shift(): T {
    const value = this.#places[this.#first] as T;
    this.#places[this.#first] = undefined;
    this.#first = (this.#first + 1) & (this.#places.length - 1);
    this.length -= 1;
    return value;
  }

  /** The value so many places behind the first; it must be there. */
  at(index: number): T {
    return this.#places[(this.#first + index) & (this.#places.length - 1)] as T;
  }

  clear(): void {
    this.#places = new Array(PLACES_MIN).fill(undefined);
    this.#first = 0;
    this.length = 0;
  }

  #grow(): void {
    const places = new Array<T | undefined>(this.#places.length * 2).fill(undefined);
    for (let index = 0; index < this.length; index += 1) places[index] = this.at(index);
    this.#places = places;
    this.#first = 0;
  }
}
