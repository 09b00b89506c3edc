/** Owns the timeline: tasks and scopes as measures that the browser's performance panel shows. */
import { OutcomeCode } from "@asupersync/browser-core";
import type { Runtime } from "../runtime.js";
import { checkLabel, checkOptions, checkWhole } from "../validate.js";
import { recordOf } from "./record-of.js";
import { type EventFilter, type LabelledEvent, subscribeEvents } from "./subscribe.js";

/** How the timeline is kept. */
export interface TimelineOptions {
  /** Name of the group of tracks. Default: the runtime's label. */
  readonly trackGroup?: string;
  /** Only what has such a label. Default: everything. */
  readonly label?: EventFilter["label"];
  /**
   * Measures kept for `performance.getEntriesByType`, whole, at least 1; default 1000. Past it the older
   * ones are cleared: the platform keeps them for good otherwise. What the panel has recorded stays there.
   */
  readonly entriesMax?: number;
}

const TIMELINE_OPTIONS = [
  "trackGroup",
  "label",
  "entriesMax",
] as const satisfies readonly (keyof TimelineOptions)[];

const ENTRIES_MAX = 1_000;
const ENTRIES_MAX_MAX = 1_000_000;

/** Begins a measure of each, and ends it. */
const STARTS: { readonly [K in LabelledEvent["kind"]]?: "Tasks" | "Scopes" } = {
  taskSpawned: "Tasks",
  regionOpened: "Scopes",
};
const ENDS = new Set<LabelledEvent["kind"]>(["taskCompleted", "regionClosed"]);
const KINDS = ["taskSpawned", "regionOpened", "taskCompleted", "regionClosed"] as const;

/** Of the eight colours that a panel offers, by outcome. */
const COLOURS: { readonly [K in OutcomeCode]: string } = {
  [OutcomeCode.ok]: "primary",
  [OutcomeCode.err]: "error",
  [OutcomeCode.cancelled]: "secondary-light",
  [OutcomeCode.panicked]: "error",
};
const OUTCOMES: { readonly [K in OutcomeCode]: string } = {
  [OutcomeCode.ok]: "ok",
  [OutcomeCode.err]: "err",
  [OutcomeCode.cancelled]: "cancelled",
  [OutcomeCode.panicked]: "panicked",
};

/**
 * Writes each task and scope of `runtime` that ends into the browser's own timeline, from its spawn to
 * its end, by `performance.measure`: Chromium's performance panel shows them in tracks of their own,
 * coloured by outcome; every tool that reads performance entries has them too.
 *
 * What was live before the call is left out. Costs some ten microseconds for each task, so it is for
 * development and for looking into one page.
 *
 * @returns What ends it: it measures what is over by then, and clears its entries, which whoever records
 *   or observes them has.
 * @throws {AsupersyncError} `INVALID_ARGUMENT`, `INVALID_NUMBER`, `FORGED_HANDLE`.
 * @example
 * ```ts
 * const stop = showTimeline(runtime); // then record in the performance panel
 * ```
 */
export function showTimeline(runtime: Runtime, options?: TimelineOptions): () => void {
  checkOptions(options, TIMELINE_OPTIONS, "timeline options");
  const entriesMax = checkWhole(
    options?.entriesMax ?? ENTRIES_MAX,
    1,
    ENTRIES_MAX_MAX,
    "entriesMax",
  );
  const trackGroup = checkLabel(options?.trackGroup) ?? recordOf(runtime).root.label;
  const timeline = new Timeline(trackGroup, performance.now() - runtime.now(), entriesMax);
  const { label } = options ?? {};
  const stop = subscribeEvents(
    runtime,
    ({ events }) => {
      for (const event of events) timeline.note(event);
    },
    { kinds: KINDS, ...(label !== undefined && { label }) },
  );
  return () => {
    stop();
    timeline.clear();
  };
}

interface Started {
  readonly at: number;
  readonly track: string;
}

class Timeline {
  readonly #trackGroup: string;
  /** From runtime time to the page's. */
  readonly #offsetMs: number;
  readonly #entriesMax: number;
  readonly #started = new Map<number, Started>();
  /** Names of the measures made since the last clearing. */
  readonly #names = new Set<string>();
  #entries = 0;

  constructor(trackGroup: string, offsetMs: number, entriesMax: number) {
    this.#trackGroup = trackGroup;
    this.#offsetMs = offsetMs;
    this.#entriesMax = entriesMax;
  }

  note({ kind, subject, at, label, detail }: LabelledEvent): void {
    const track = STARTS[kind];
    if (track !== undefined) {
      this.#started.set(subject, { at, track });
      return;
    }
    const started = this.#started.get(subject);
    if (started === undefined || !ENDS.has(kind)) return;
    this.#started.delete(subject);
    this.#measure(label, started, at, detail as OutcomeCode, subject);
  }

  clear(): void {
    for (const name of this.#names) performance.clearMeasures(name);
    this.#names.clear();
    this.#entries = 0;
  }

  #measure(
    label: string,
    { at, track }: Started,
    endedAt: number,
    code: OutcomeCode,
    id: number,
  ): void {
    if (this.#entries >= this.#entriesMax) this.clear();
    const outcome = OUTCOMES[code];
    const name = label === "" ? track : label;
    performance.measure(name, {
      start: Math.max(0, at + this.#offsetMs),
      end: Math.max(0, endedAt + this.#offsetMs),
      detail: {
        // What Chromium's performance panel reads: developer.chrome.com, "Customize your performance
        // data with the extensibility API".
        devtools: {
          dataType: "track-entry",
          track,
          trackGroup: this.#trackGroup,
          color: COLOURS[code],
          properties: [
            ["outcome", outcome],
            ["id", String(id)],
          ],
          tooltipText: `${name}: ${outcome}`,
        },
      },
    });
    this.#names.add(name);
    this.#entries += 1;
  }
}
