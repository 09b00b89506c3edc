/** Cuts a body of JSON lines into its values. */

/** A row of ours is under 100 bytes; a line that never ends is refused rather than kept. */
const LINE_CHARS_MAX = 16_384;

/**
 * Each line of `body`, parsed, as it arrives.
 *
 * @throws {SyntaxError} When a line is not JSON, or the last one is cut off.
 * @throws {RangeError} When a line is longer than 16,384 characters.
 */
export async function* jsonLines<T>(body: AsyncIterable<Uint8Array>): AsyncGenerator<T, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > LINE_CHARS_MAX) {
      throw new RangeError(`expected a line of at most ${LINE_CHARS_MAX} characters`);
    }
    for (const line of lines) yield JSON.parse(line) as T;
  }
  if (rest !== "") yield JSON.parse(rest) as T;
}
