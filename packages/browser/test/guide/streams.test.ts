/** The examples of the guide's page on streams. */
import { expect, test } from "vitest";
import { type Cx, fromReadableStream, toReadableStream, writeTo } from "../../src/index.js";
import { withRuntime } from "../support.js";

async function firstLine(cx: Cx, file: Blob): Promise<string> {
  let text = "";
  for await (const chunk of fromReadableStream(cx, file.stream())) {
    text += new TextDecoder().decode(chunk);
    const end = text.indexOf("\n");
    if (end !== -1) return text.slice(0, end); // cancels the stream
  }
  return text;
}

async function rowsOf(cx: Cx, load: (cx: Cx, page: number) => Promise<string[]>): Promise<string> {
  async function* rows(inner: Cx): AsyncGenerator<string> {
    for (let page = 1; page <= 2; page += 1) yield* await load(inner, page);
  }
  const stream = toReadableStream(cx, rows).pipeThrough(new TextEncoderStream());
  return new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).text();
}

async function copy(cx: Cx, source: ReadableStream<string>, target: WritableStream<string>) {
  await writeTo(cx, target, fromReadableStream(cx, source));
}

test("read as far as one likes", async () => {
  await withRuntime(async (runtime) => {
    const file = new Blob(["one\n", "two\n"]);
    expect(await runtime.run((cx) => firstLine(cx, file))).toEqual({ kind: "ok", value: "one" });
  });
});

test("made when it is read", async () => {
  await withRuntime(async (runtime) => {
    const load = async (cx: Cx, page: number): Promise<string[]> => {
      await cx.checkpoint();
      return [`${page}a `, `${page}b `];
    };
    const outcome = await runtime.run((cx) => rowsOf(cx, load));
    expect(outcome).toEqual({ kind: "ok", value: "1a 1b 2a 2b " });
  });
});

test("written as fast as it is taken", async () => {
  await withRuntime(async (runtime) => {
    const { readable, writable } = new TransformStream<string, string>();
    const outcome = await runtime.run(async (cx) => {
      const written = copy(cx, toReadableStream(cx, ["a", "b"]), writable);
      const read: string[] = [];
      for await (const chunk of fromReadableStream(cx, readable)) read.push(chunk);
      await written;
      return read;
    });
    expect(outcome).toEqual({ kind: "ok", value: ["a", "b"] });
  });
});
