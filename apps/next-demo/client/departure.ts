/** What was running at the moment somebody left the workbench, for `/away` to tell. */
export interface Departure {
  readonly tasks: number;
  /** The requests that the server was answering. */
  readonly requestIds: readonly number[];
}

let latest: Departure | undefined;

export function noteDeparture(departure: Departure): void {
  latest = departure;
}

/** Undefined when the page was opened directly. */
export function latestDeparture(): Departure | undefined {
  return latest;
}
