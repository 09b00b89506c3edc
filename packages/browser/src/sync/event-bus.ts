/** Owns the event bus: events of a discriminated union to those who ask for their type. */
import { DISPOSE } from "../dispose.js";
import type { ScopeRecord } from "../scope.js";
import { invalidArgument } from "../validate.js";
import { type BroadcastOptions, Ring, Subscription } from "./broadcast.js";
import { decodeCapacity } from "./capacity.js";
import { type Owner, scopeOf } from "./owner.js";

/** An event: what it is, and whatever goes with that. */
export interface BusEvent {
  readonly type: PropertyKey;
}

/** The events of `Events` that are of the type `Type`. */
export type EventOf<Events extends BusEvent, Type extends Events["type"]> = Extract<
  Events,
  { readonly type: Type }
>;

/**
 * Opens an event bus, which goes with `owner`, for the events of a union that is discriminated by
 * `type`. Publishing never waits; for a slow subscriber the last `capacity` events are kept, of the type
 * that it asked for, and it is told how many it missed.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`, `INVALID_NUMBER`, `FORGED_HANDLE`; `LIMIT_REACHED` at
 *   2^20 semaphores of a runtime; `CHANNEL_CLOSED` if the owner has closed.
 * @example
 * ```ts
 * type Events =
 *   | { readonly type: "added"; readonly item: Item }
 *   | { readonly type: "cleared" };
 *
 * const bus = eventBus<Events>(runtime, { capacity: 64 });
 * runtime.spawn(async (cx) => {
 *   using added = bus.on("added");
 *   for await (const event of added.values(cx)) show(event.item);
 * });
 * bus.publish({ type: "added", item });
 * ```
 */
export function eventBus<Events extends BusEvent>(
  owner: Owner,
  options: BroadcastOptions,
): EventBus<Events> {
  const capacity = decodeCapacity(options, OPTIONS, "event bus");
  return new EventBus<Events>(scopeOf(owner), capacity);
}

/** An event bus; see {@link eventBus}. Whoever has it may publish and subscribe. */
export class EventBus<Events extends BusEvent> implements Disposable {
  /** Events that are kept for slow subscribers, of each type. */
  readonly capacity: number;
  readonly #scope: ScopeRecord;
  readonly #all: Ring<Events>;
  /** The types that somebody has subscribed to. */
  readonly #byType = new Map<PropertyKey, Ring<Events>>();

  /** @internal */
  constructor(scope: ScopeRecord, capacity: number) {
    this.capacity = capacity;
    this.#scope = scope;
    this.#all = new Ring(scope, capacity);
  }

  /** Whether nothing can be published any more: it was closed, or its owner has. */
  get isClosed(): boolean {
    return this.#all.line.available < 0;
  }

  /**
   * Publishes `event`, the object itself, from anywhere and without waiting; gives how many subscribers
   * have it. O(subscribers that wait for it).
   *
   * @throws {AsupersyncError} `CHANNEL_CLOSED`, `POISONED`; `INVALID_ARGUMENT` for what has no `type`.
   */
  publish(event: Events): number {
    const type = (event as Events | null | undefined)?.type;
    if (type === undefined) throw invalidArgument(event, "an event", "pass { type, … }");
    const subscribers = this.#all.send(event);
    return subscribers + (this.#byType.get(type)?.send(event) ?? 0);
  }

  /**
   * A new subscriber of the events of one type, in their order, from now on. Events are kept for it
   * until it is closed.
   *
   * @throws {AsupersyncError} `CHANNEL_CLOSED`, `LIMIT_REACHED`.
   */
  on<Type extends Events["type"]>(type: Type): Subscription<EventOf<Events, Type>> {
    if (this.#all.isClosed) throw this.#all.line.closedError();
    let ring = this.#byType.get(type);
    if (ring === undefined) {
      ring = new Ring(this.#scope, this.capacity);
      this.#byType.set(type, ring);
    }
    const own = ring;
    const subscription: Subscription<Events> = new Subscription(own, () => this.#left(type, own));
    return subscription as unknown as Subscription<EventOf<Events, Type>>;
  }

  /**
   * A new subscriber of all events, in their order, from now on; as {@link EventBus.on}.
   *
   * @throws {AsupersyncError} `CHANNEL_CLOSED`.
   */
  all(): Subscription<Events> {
    return new Subscription(this.#all);
  }

  /** Ends it: subscribers have what was published, and then its end. Again, it changes nothing. */
  close(): void {
    this.#all.close();
    for (const ring of this.#byType.values()) ring.close();
    this.#byType.clear();
  }

  /** As {@link EventBus.close}. */
  [DISPOSE](): void {
    this.close();
  }

  /** A type that nobody asks for is not remembered. */
  #left(type: PropertyKey, ring: Ring<Events>): void {
    if (ring.subscribers > 0) return;
    ring.close();
    if (this.#byType.get(type) === ring) this.#byType.delete(type);
  }
}

const OPTIONS = ["capacity"] as const satisfies readonly (keyof BroadcastOptions)[];
