/** Owns bodies that are read line by line, as text or as JSON. */
import { checkOptions, checkWhole } from "../validate.js";
import { JsonLineError, type Origin, tooLarge } from "./errors.js";
import { LINE_CHARS_MAX } from "./limits.js";
import { type Pieces, Reading } from "./reading.js";

/** How lines are read. */
export interface LinesOptions {
  /** UTF-16 units of one line, at most; a longer one fails with `TOO_LARGE`. Default 2^20. */
  readonly lineCharsMax?: number;
}

/** See {@link FetchResponse.lines}. */
export function readLines(
  { label }: Origin,
  take: () => Pieces,
  options?: LinesOptions,
): Reading<string> {
  const cutter = new LineCutter(decodeLineCharsMax(options), "lineCharsMax");
  const pieces = take();
  return new Reading(label, eachLine(pieces, cutter), () => pieces.return?.());
}

/** See {@link FetchResponse.ndjson}. */
export function readJsonLines<T>(
  origin: Origin,
  take: () => Pieces,
  options?: LinesOptions,
): Reading<T> {
  const cutter = new LineCutter(decodeLineCharsMax(options), "lineCharsMax");
  const pieces = take();
  return new Reading(origin.label, eachValue<T>(origin, pieces, cutter), () => pieces.return?.());
}

/** Cuts a body into lines, whatever ends them: CR, LF or both, between any two pieces. */
export class LineCutter {
  readonly #charsMax: number;
  readonly #option: string;
  readonly #decoder = new TextDecoder();
  #rest = "";
  #hasEndedByCr = false;

  /** @param option The option that raises the bound. */
  constructor(charsMax: number, option: string) {
    this.#charsMax = charsMax;
    this.#option = option;
  }

  /**
   * The lines that have ended with this piece.
   *
   * @throws {AsupersyncError} `TOO_LARGE`.
   */
  lines(piece: Uint8Array): string[] {
    const text = this.#decoder.decode(piece, { stream: true });
    const lines: string[] = [];
    if (text === "") return lines;
    // The line feed of a pair that was cut in two ends no second line.
    let start = this.#hasEndedByCr && text.startsWith("\n") ? 1 : 0;
    this.#hasEndedByCr = text.endsWith("\r");
    LINE_END.lastIndex = start;
    // Only what is new is searched: a line that comes in many pieces costs no more than its length.
    for (let end = LINE_END.exec(text); end !== null; end = LINE_END.exec(text)) {
      lines.push(this.#bounded(this.#rest + text.slice(start, end.index)));
      this.#rest = "";
      start = LINE_END.lastIndex;
    }
    this.#rest = this.#bounded(this.#rest + text.slice(start));
    return lines;
  }

  /** What is left at the body's end; empty if its last line has ended. */
  rest(): string {
    return this.#rest + this.#decoder.decode();
  }

  #bounded(line: string): string {
    if (line.length > this.#charsMax) throw tooLarge("a line", this.#charsMax, this.#option);
    return line;
  }
}

const LINE_END = /\r\n?|\n/g;

async function* eachLine(pieces: Pieces, cutter: LineCutter): AsyncGenerator<string, undefined> {
  for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) {
    yield* cutter.lines(next.value);
  }
  const rest = cutter.rest();
  if (rest !== "") yield rest;
}

async function* eachValue<T>(
  origin: Origin,
  pieces: Pieces,
  cutter: LineCutter,
): AsyncGenerator<T, undefined> {
  let line = 0;
  for await (const text of eachLine(pieces, cutter)) {
    line += 1;
    if (text.trim() === "") continue;
    let value: T;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw new JsonLineError({ ...origin, text, line, cause: error });
    }
    yield value;
  }
}

function decodeLineCharsMax(options: LinesOptions | undefined): number {
  checkOptions(options, ["lineCharsMax"], "lines options");
  const max = options?.lineCharsMax ?? LINE_CHARS_MAX;
  return checkWhole(max, 1, Number.MAX_SAFE_INTEGER, "lineCharsMax");
}
