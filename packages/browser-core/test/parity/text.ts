/** Owns the text of a run: how a line is read, and how numbers are shown. */
import { ASKED, HandleKindCode } from "../../src/index.js";
import { nameOf } from "./scenario.js";

/** One line after its words were filled in: `[name =] call argument… [: body] [-> answer]`. */
export interface Line {
  /** All of it but the expected answer. */
  readonly text: string;
  readonly name: string;
  readonly call: string;
  readonly args: readonly string[];
  readonly body: string;
  readonly expected: string | undefined;
}

/** Reads a line. `#` stands for `index`, `self` for `me`, `it` for `it`. */
export function parseLine(source: string, index: number, me: string, it: string): Line {
  const [command = "", expected] = source.replaceAll("#", String(index)).split(" -> ");
  let words = command.split(" ").map((word) => {
    if (word === "self" || word.startsWith("self.")) return me + word.slice("self".length);
    return word === "it" ? it : word;
  });
  const text = words.join(" ");
  const colon = words.indexOf(":");
  const body = colon === -1 ? "" : (words[colon + 1] ?? "");
  if (colon !== -1) words = words.slice(0, colon);
  const name = words[1] === "=" ? (words[0] ?? "") : "";
  if (words[1] === "=") words = words.slice(2);
  const [call = "", ...args] = words;
  return { text, name, call, args, body, expected };
}

/** `times N line`: the number and the line; once if nothing is said. */
export function timesOf(source: string): [number, string] {
  const [, count, line] = /^times (\d+) (.*)$/.exec(source) ?? [undefined, "1", source];
  return [Number(count), line ?? source];
}

const SLOTS = 2 ** 22;
const GENERATIONS = 2 ** 21;
const KINDS = 2 ** 3;

/** `HandleKindCode`s by the bits of a handle that say its kind. */
const KIND_BY_BITS: { readonly [bits: number]: number } = {
  0: HandleKindCode.obligation,
  1: HandleKindCode.semaphore,
  2: HandleKindCode.region,
  4: HandleKindCode.task,
  6: HandleKindCode.hostOp,
};

/** What a handle is made of. */
export function partsOf(handle: number): { kind: number; slot: number; generation: number } {
  const generations = Math.floor(handle / SLOTS);
  const kinds = Math.floor(generations / GENERATIONS);
  return {
    kind: KIND_BY_BITS[kinds % KINDS] ?? -1,
    slot: handle % SLOTS,
    generation: generations % GENERATIONS,
  };
}

/** Whether an answer is a handle: those of runtime 1 and above are past every other answer. */
export function isHandle(answer: number): boolean {
  return answer >= 2 ** 46;
}

/** Whether an answer is the handle of an obligation that waits in line. */
export function isAsked(answer: number): boolean {
  return answer < -(2 ** 32);
}

/**
 * A handle as `kind slot/generation`, with `asked` before it if it waits in line; a refusal by its name,
 * any other number as it is.
 */
export function answerText(answer: number): string {
  if (isAsked(answer)) return `asked ${answerText(answer - ASKED)}`;
  if (answer < 0) return nameOf("ErrorKindCode", -answer);
  if (!isHandle(answer)) return String(answer);
  const { kind, slot, generation } = partsOf(answer);
  return `${nameOf("HandleKindCode", kind)} ${slot}/${generation}`;
}

export function hex(hash: bigint): string {
  return BigInt.asUintN(64, hash).toString(16).padStart(16, "0");
}

/** FNV-1a over whole numbers of 64 bits instead of bytes: the bits of each of `numbers`. */
export function digest(numbers: Float64Array): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const bits of new BigUint64Array(numbers.slice().buffer)) {
    hash = BigInt.asUintN(64, (hash ^ bits) * 0x100000001b3n);
  }
  return hash;
}
