/**
 * Owns the protocol between a page and its worker: every message there is, and the check of each that
 * comes in. Whatever comes may be forged, so nothing of it is used before it went through here.
 *
 * ```text
 *  worker's own channel    worker ── ready ──► page ── hello (wasm, port) ──► worker
 *                          worker ── refused | leaving ──► page
 *  the port                worker ── welcome ──► page
 *   of a call              page ── call ──► worker ── report* ──► page ── credit* ──► worker
 *                          page ── cancel ──► worker          worker ── outcome ──► page
 *   at the end             page ── close ──► worker ── draining ──► page ... closed ──► page
 *   at any time            worker ── failure | violation ──► page
 * ```
 * `outcome` is the last word of its call: a call that was cancelled is answered when the task has
 * drained, which is the acknowledgement.
 */
import { AsupersyncError } from "../errors.js";
import { describeReceived } from "../validate.js";
import type { WireCancel, WireThrown } from "./wire-error.js";
import type { WireOutcome, WireReport } from "./wire-outcome.js";

/** Changes with every change of a message. */
export const PROTOCOL_VERSION = 1;

/** Every message has it: what two builds of the package do not share must not be read. */
interface Versioned {
  readonly v: typeof PROTOCOL_VERSION;
}

/** On the worker's own channel, which the app may use too: what names our messages there. */
interface Marked extends Versioned {
  readonly asupersync: true;
}

/** The worker's module has run. */
export interface Ready extends Marked {
  readonly type: "ready";
}

/** The worker cannot serve this page. */
export interface Refused extends Marked {
  readonly type: "refused";
  readonly error: WireThrown;
}

/** The worker ends itself. */
export interface Leaving extends Marked {
  readonly type: "leaving";
}

/** What the worker needs to serve. */
export interface Hello extends Marked {
  readonly type: "hello";
  /** Version of the kernel's ABI that the page's build speaks, which is that of `wasm`. */
  readonly abi: number;
  readonly wasm: WebAssembly.Module;
  readonly port: MessagePort;
  /** Options of the runtime, to be checked as any. */
  readonly options: { readonly [key: string]: unknown };
  /** Calls that may be unanswered at a time. */
  readonly callsMax: number;
}

/** Runs a task. */
export interface Call extends Versioned {
  readonly type: "call";
  /** Larger than that of any call before. */
  readonly id: number;
  readonly name: string;
  readonly input: unknown;
  /** Reports that may be on their way; 0 if nobody listens. */
  readonly credit: number;
}

/** Asks the task of a call to cancel. */
export interface Cancel extends Versioned {
  readonly type: "cancel";
  readonly id: number;
  readonly cancel: WireCancel;
}

/** So many reports more may be sent. */
export interface Credit extends Versioned {
  readonly type: "credit";
  readonly id: number;
  readonly count: number;
}

/** Cancels everything, drains, and says how that went. */
export interface Close extends Versioned {
  readonly type: "close";
}

/** Calls are taken from now on. */
export interface Welcome extends Versioned {
  readonly type: "welcome";
}

/** One value that a task reports. */
export interface Report extends Versioned {
  readonly type: "report";
  readonly id: number;
  readonly value: unknown;
}

/** How the task of a call ended. */
export interface Ended extends Versioned {
  readonly type: "outcome";
  readonly id: number;
  readonly outcome: WireOutcome;
}

/** A failure in the worker that belongs to no call. */
export interface Failure extends Versioned {
  readonly type: "failure";
  readonly error: WireThrown;
  readonly kind: string;
  readonly label: string;
}

/** A message of the page's was none. */
export interface Violation extends Versioned {
  readonly type: "violation";
  readonly error: WireThrown;
}

/** The worker has heard `close`. */
export interface Draining extends Versioned {
  readonly type: "draining";
}

/** All has ended. The last message. */
export interface Closed extends Versioned {
  readonly type: "closed";
  readonly report: WireReport;
}

/** What the worker posts on its own channel. */
export type FromWorker = Ready | Refused | Leaving;
/** What the page posts on the port. */
export type ToWorker = Call | Cancel | Credit | Close;
/** What the worker posts on the port. */
export type ToPage = Welcome | Report | Ended | Failure | Violation | Draining | Closed;

/** Reports that may be on their way for one call, at most. */
export const CREDIT_MAX = 1_024;
/** Calls that may be unanswered at a time, at most. */
export const CALLS_MAX = 4_096;
/** Characters of a task's name. */
export const NAME_CHARS_MAX = 200;

/**
 * A message of the worker's on its own channel; undefined for one of the app's.
 *
 * @throws {AsupersyncError} `WORKER_VERSION`, `WORKER_PROTOCOL`.
 */
export function decodeFromWorker(message: unknown): FromWorker | undefined {
  if (!isMarked(message)) return undefined;
  const fields = versioned(message);
  switch (fields.type) {
    case "ready":
    case "refused":
    case "leaving":
      return fields as unknown as FromWorker;
    default:
      throw unexpected(fields);
  }
}

/**
 * The page's greeting; undefined for a message of the app's.
 *
 * @throws {AsupersyncError} `WORKER_VERSION`, `WORKER_PROTOCOL`.
 */
export function decodeHello(message: unknown, abi: number): Hello | undefined {
  if (!isMarked(message)) return undefined;
  const fields = versioned(message);
  if (fields.type !== "hello") throw unexpected(fields);
  if (fields.abi !== abi) {
    const received = `a page with ABI ${describeReceived(fields.abi)} and a worker with ${abi}`;
    throw new AsupersyncError("WORKER_VERSION", received);
  }
  if (!(fields.wasm instanceof WebAssembly.Module)) throw broken(fields, "wasm");
  if (!(fields.port instanceof MessagePort)) throw broken(fields, "port");
  if (!isObject(fields.options)) throw broken(fields, "options");
  checkCount(fields, "callsMax", 1, CALLS_MAX);
  return fields as unknown as Hello;
}

/**
 * A message of the page's on the port.
 *
 * @throws {AsupersyncError} `WORKER_VERSION`, `WORKER_PROTOCOL`.
 */
export function decodeToWorker(message: unknown): ToWorker {
  const fields = versioned(message);
  switch (fields.type) {
    case "call":
      checkId(fields);
      if (typeof fields.name !== "string" || fields.name.length > NAME_CHARS_MAX) {
        throw broken(fields, "name");
      }
      checkCount(fields, "credit", 0, CREDIT_MAX);
      break;
    case "cancel":
      // Its reason is checked where it is read.
      checkId(fields);
      break;
    case "credit":
      checkId(fields);
      checkCount(fields, "count", 1, CREDIT_MAX);
      break;
    case "close":
      break;
    default:
      throw unexpected(fields);
  }
  return fields as unknown as ToWorker;
}

/**
 * A message of the worker's on the port. What it holds of errors, outcomes and the report is checked
 * where it is read.
 *
 * @throws {AsupersyncError} `WORKER_VERSION`, `WORKER_PROTOCOL`.
 */
export function decodeToPage(message: unknown): ToPage {
  const fields = versioned(message);
  switch (fields.type) {
    case "report":
    case "outcome":
      checkId(fields);
      break;
    case "failure":
      if (typeof fields.kind !== "string") throw broken(fields, "kind");
      if (typeof fields.label !== "string") throw broken(fields, "label");
      break;
    case "welcome":
    case "violation":
    case "draining":
    case "closed":
      break;
    default:
      throw unexpected(fields);
  }
  return fields as unknown as ToPage;
}

/** The error for a part of a message that is not what it has to be. */
export function broken(message: { readonly type?: unknown }, part: string): AsupersyncError {
  const received = `${describeReceived(message.type)} with a broken ${part}`;
  return new AsupersyncError("WORKER_PROTOCOL", received);
}

/** The error for the number of a call that was never made. */
export function forged(message: { readonly type: string; readonly id: number }): AsupersyncError {
  const received = `"${message.type}" for call ${message.id}, which was not made`;
  return new AsupersyncError("WORKER_PROTOCOL", received);
}

interface Fields {
  readonly [key: string]: unknown;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

function isMarked(message: unknown): message is Fields {
  return isObject(message) && message.asupersync === true;
}

function versioned(message: unknown): Fields {
  if (!isObject(message)) throw new AsupersyncError("WORKER_PROTOCOL", describeReceived(message));
  if (message.v === PROTOCOL_VERSION) return message;
  const received = `protocol ${describeReceived(message.v)} instead of ${PROTOCOL_VERSION}`;
  throw new AsupersyncError("WORKER_VERSION", received);
}

function checkId(fields: Fields): void {
  checkCount(fields, "id", 1, Number.MAX_SAFE_INTEGER);
}

function checkCount(fields: Fields, part: string, min: number, max: number): void {
  const count = fields[part];
  if (!Number.isInteger(count) || (count as number) < min || (count as number) > max) {
    throw broken(fields, part);
  }
}

function unexpected(fields: Fields): AsupersyncError {
  return new AsupersyncError("WORKER_PROTOCOL", `a message ${describeReceived(fields.type)}`);
}
