/** A hit of the search, and how long a query may be. */
export const QUERY_CHARS_MAX = 24;

export interface ChemicalElement {
  /** Atomic number. */
  readonly number: number;
  readonly symbol: string;
  readonly name: string;
}
