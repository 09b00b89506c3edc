/**
 * The examples in doc comments have no type error against the sources. Each is the inside of a body, with a
 * `cx`, a `runtime`, and the stand-ins below for what an app would have around it.
 */
import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { COMPILER_MS, typeErrors } from "./snippets.js";

const SOURCES = new URL("../src/", import.meta.url);

const STAND_INS = `
  declare const cx: Cx;
  declare const runtime: Runtime;
  declare const task: Task<void>;
  declare const waiting: Channel<Job>;
  declare const response: FetchResponse;

  interface User { readonly name: string }
  interface Hit { readonly id: number }
  interface Row { readonly id: number }
  interface Job { readonly name: string }
  interface Item { readonly name: string }
  interface Price { readonly symbol: string; readonly value: number }
  type Status = "starting" | "ready";

  declare const loadUser: Body<User>, loadPosts: Body<readonly string[]>, loadQuote: Body<number>;
  declare const fromCache: Body<string>, fromNetwork: Body<string>;
  declare const mirrorA: Body<string>, mirrorB: Body<string>;
  declare const poll: Body<void>, listen: Body<void>;
  declare function begin(): { commit(): Promise<void>; rollback(): Promise<void> };
  declare function openFile(): Promise<AsyncDisposable>;
  declare function showPicker(options: { signal: AbortSignal }): Promise<File>;
  declare const query: { run(): Promise<readonly Row[]>; stop(): void };
  declare function show(...values: unknown[]): void;
  declare function add(row: Row): void;
  declare function draw(at: number): void;
  declare function stillMoving(): boolean;
  declare function search(words: string): Promise<void>;
  declare function handle(data: unknown): Promise<void>;
  declare function index(word: string | undefined): void;
  declare function load(cx: Cx, player: string): Promise<void>;
  declare function play(cx: Cx, player: string): Promise<void>;
  declare function run(...work: readonly unknown[]): Promise<void>;
  declare function save(cx: Cx, dirty: Set<string>): Promise<void>;
  declare const gone: Error;
  declare const urls: readonly string[];
  declare const players: readonly string[];
  declare const images: readonly HTMLImageElement[];
  declare const field: HTMLInputElement, input: HTMLInputElement;
  declare const dialog: HTMLDialogElement;
  declare const port: MessagePort;
  declare const file: File, body: Blob, parts: readonly Uint8Array<ArrayBuffer>[];
  declare const queue: string[];
  declare const dirty: Set<string>;
  declare const clock: { advance(ticks: number): void };
  declare function rows(cx: Cx): AsyncIterable<Uint8Array<ArrayBuffer>>;
  declare const job: Job, item: Item;
  declare let count: number;
  declare const text: string;
  declare const image: ImageData;
  declare const worker: TaskWorker<{
    resize(cx: WorkerCx, image: ImageData): Promise<ImageData>;
    parse(cx: WorkerCx<Row>, text: string): Promise<number>;
  }>;
`;

const TASKS = `
  export declare const tasks: { resize(cx: WorkerCx, image: ImageData): Promise<ImageData> };
`;

test(
  "the examples have no type error",
  async () => {
    const snippets = [];
    for (const file of await readdir(SOURCES, { recursive: true })) {
      if (!file.endsWith(".ts")) continue;
      const source = await readFile(new URL(file.replaceAll("\\", "/"), SOURCES), "utf8");
      for (const [comment] of source.matchAll(/\/\*\*.*?\*\//gs)) {
        const lines = comment.replace(/^ *\* ?/gm, "");
        for (const [, code = ""] of lines.matchAll(/^```ts\n(.*?)^```/gms)) {
          snippets.push({ name: file, code });
        }
      }
    }
    expect(snippets.length).toBeGreaterThan(50);
    expect(await typeErrors(snippets, STAND_INS, { "tasks.worker": TASKS })).toEqual([]);
  },
  COMPILER_MS,
);
