/** Lines and JSON lines, however the network cuts them. */
import { describe, expect, expectTypeOf, test } from "vitest";
import { LineCutter } from "../../src/fetch/lines.js";
import { JsonError, JsonLineError, type LinesOptions } from "../../src/index.js";
import { thrown } from "../support.js";
import { inTask, rejection } from "./support.js";

/** The lines of `bytes` that comes in pieces of `size` bytes. */
function cut(bytes: Uint8Array, size: number, charsMax = 1_000): string[] {
  const cutter = new LineCutter(charsMax, "lineCharsMax");
  const lines: string[] = [];
  for (let at = 0; at < bytes.byteLength; at += size) {
    lines.push(...cutter.lines(bytes.subarray(at, at + size)));
  }
  const rest = cutter.rest();
  if (rest !== "") lines.push(rest);
  return lines;
}

const bytesOf = (text: string) => new TextEncoder().encode(text);

describe("a line ends", () => {
  test.each<[string, string[]]>([
    ["", []],
    ["one", ["one"]],
    ["one\n", ["one"]],
    ["one\ntwo", ["one", "two"]],
    ["one\rtwo\r", ["one", "two"]],
    ["one\r\ntwo\r\n", ["one", "two"]],
    ["\n\r\r\n\n", ["", "", "", ""]],
    ["one\n\rtwo", ["one", "", "two"]],
    ["one\r\n\r\ntwo", ["one", "", "two"]],
    ["ä\u2028\u0085\v\fö\n€🙂", ["ä\u2028\u0085\v\fö", "€🙂"]],
    ["\ufeffone\n\ufefftwo", ["one", "\ufefftwo"]],
  ])("in %j, in pieces of every size", (text, lines) => {
    const bytes = bytesOf(text);
    for (let size = 1; size <= bytes.byteLength + 1; size += 1) {
      expect(cut(bytes, size)).toEqual(lines);
    }
  });

  test("in what is no UTF-8, with the sign that stands for that", () => {
    for (const size of [1, 2, 8]) {
      expect(cut(new Uint8Array([0xc3, 0x0a, 0x61, 0xe2, 0x82]), size)).toEqual([
        "\ufffd",
        "a\ufffd",
      ]);
    }
  });

  test("and one that comes in very many pieces costs no more than its length", () => {
    const cutter = new LineCutter(2_000_000, "lineCharsMax");
    const piece = bytesOf("xxxxxxxxxx");
    for (let count = 0; count < 100_000; count += 1) cutter.lines(piece);
    expect(cutter.lines(bytesOf("\n"))[0]).toHaveLength(1_000_000);
  });
});

describe("the bound", () => {
  test.each([1, 3, 100])(
    "passes a line of its length and no longer one, in pieces of %i",
    (size) => {
      expect(cut(bytesOf("abcd\nabcd"), size, 4)).toEqual(["abcd", "abcd"]);
      for (const text of ["abcde\n", "a\nabcde", "abcde"]) {
        expect(thrown(() => cut(bytesOf(text), size, 4))).toMatchObject({
          code: "TOO_LARGE",
          expected: "a line of at most 4 characters",
          mend: expect.stringContaining("lineCharsMax"),
        });
      }
    },
  );

  test("of a response frees the connection when it is passed", async () => {
    await inTask(async (cx, { server }) => {
      const response = await cx.fetch(server.http("/endless"));
      const loop = async () => {
        for await (const _ of response.lines({ lineCharsMax: 5 })) expect.unreachable();
      };
      expect(await rejection(loop())).toMatchObject({ code: "TOO_LARGE" });
      await cx.foreign(() => server.until("aborted"));
    });
  });

  test.each<unknown>([7, { lineCharsMax: 0 }, { lineCharsMax: 1.5 }, { max: 1 }])(
    "%j is none",
    async (options) => {
      await inTask(async (cx, { server }) => {
        const response = await cx.fetch(server.http("/json"));
        for (const read of ["lines", "ndjson"] as const) {
          expect(thrown(() => response[read](options as LinesOptions))).toMatchObject({
            code: expect.stringMatching(/^INVALID_(ARGUMENT|NUMBER)$/),
          });
        }
        expect(response.bodyUsed).toBe(false);
      });
    },
  );
});

/** All that `values` gives. */
async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const value of values) list.push(value);
  return list;
}

/** Address of a body. */
const text = (body: string) => `/text?body=${encodeURIComponent(body)}`;

describe("lines()", () => {
  test("gives those of the body, the last one too", async () => {
    await inTask(async (cx, { server, runtime }) => {
      const response = await cx.fetch(server.http(text("one\ntwo\r\n\nthree")));
      expect(await all(response.lines())).toEqual(["one", "two", "", "three"]);
      expect(runtime.counters().hostOps).toBe(0);
    });
  });

  test("gives each as soon as it has ended, and frees the connection when the loop is left", async () => {
    await inTask(async (cx, { server }) => {
      const turns = JSON.stringify([{ pieces: ["one\ntw", "o\n"], last: "hang" }]);
      const response = await cx.fetch(server.http(`/script?turns=${encodeURIComponent(turns)}`));
      const seen: string[] = [];
      for await (const line of response.lines()) {
        seen.push(line);
        if (line === "two") break;
        await cx.foreign(() => server.step());
      }
      expect(seen).toEqual(["one", "two"]);
      await cx.foreign(() => server.until("aborted"));
    });
  });

  test("that is left before it began frees the connection too", async () => {
    await inTask(async (cx, { server }) => {
      const response = await cx.fetch(server.http("/endless"));
      const lines = response.lines()[Symbol.asyncIterator]();
      expect(await lines.return?.()).toEqual({ done: true, value: undefined });
      expect(await lines.next()).toEqual({ done: true, value: undefined });
      await cx.foreign(() => server.until("aborted"));
    });
  });
});

describe("ndjson()", () => {
  test("gives the values, blank lines aside", async () => {
    await inTask(async (cx, { server }) => {
      const response = await cx.fetch(server.http(text('{"a":1}\n\n[2]\r\n  \nnull\n"x"')));
      expect(await all(response.ndjson())).toEqual([{ a: 1 }, [2], null, "x"]);
    });
  });

  test("names the line that is none, keeps the parser's error, and frees the connection", async () => {
    await inTask(async (cx, { server }) => {
      const turns = JSON.stringify([{ pieces: ['{"a":1}\n\n{"a":\n'], last: "hang" }]);
      const response = await cx.fetch(server.http(`/script?turns=${encodeURIComponent(turns)}`));
      const seen: unknown[] = [];
      const loop = async () => {
        for await (const value of response.ndjson()) seen.push(value);
      };
      const error = (await rejection(loop())) as JsonLineError;
      expect(error).toBeInstanceOf(JsonLineError);
      expect(error).toBeInstanceOf(JsonError);
      expect(error).toMatchObject({
        code: "INVALID_JSON",
        line: 3,
        status: 200,
        url: response.url,
        received: expect.stringMatching(
          /^"\{\\"a\\":" in line 3 from fetch http.*\/script, status 200: /,
        ),
      });
      expect(error.cause).toBeInstanceOf(SyntaxError);
      expect(seen).toEqual([{ a: 1 }]);
      await cx.foreign(() => server.until("aborted"));
    });
  });

  test("fails when the last line is cut off", async () => {
    await inTask(async (cx, { server }) => {
      const response = await cx.fetch(server.http(text('{"a":1}\n{"a"')));
      expect(await rejection(all(response.ndjson()))).toMatchObject({ line: 2 });
    });
  });

  test("types its values as it is told", async () => {
    await inTask(async (cx, { server }) => {
      const response = await cx.fetch(server.http(text("1\n2")));
      const values = response.ndjson<number>();
      expectTypeOf(values).toEqualTypeOf<AsyncIterable<number>>();
      expect(await all(values)).toEqual([1, 2]);
    });
  });
});
