/** The panels that show their own source, and that source. */
export interface Sources {
  readonly search: string;
  readonly race: string;
  readonly report: string;
  readonly stubborn: string;
}
