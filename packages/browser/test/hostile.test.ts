/**
 * Hostile handles and numbers at the raw ABI: every call is refused by an error of the table, and
 * nothing has changed. Calls are drawn from a seeded stream; a failure names its round, and the same
 * seed gives the same rounds.
 */
import { CounterCode, ErrorKindCode, type Kernel } from "@asupersync/browser-core";
import { loadKernelModule } from "@asupersync/browser-core/load";
import { beforeAll, expect, test } from "vitest";

const ROUNDS = 120_000;
const CONFIG = { seed: 1, drainMs: 5_000, sliceMs: 600_000, traceCapacity: 0 };
const ERROR_CODES = new Set<number>(Object.values(ErrorKindCode));
const NUMBERS = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -0.5,
  -1,
  0.5,
  2 ** 53,
  2 ** 64,
  1e300,
  Number.MIN_VALUE,
  undefined,
] as number[];

/** Handles by where they come from; none of them names anything live of `kernel`. */
interface Fixture {
  readonly kernel: Kernel;
  readonly stale: { readonly tasks: number[]; readonly regions: number[]; readonly ops: number[] };
  readonly live: { readonly task: number; readonly region: number; readonly op: number };
  readonly foreign: { readonly task: number; readonly region: number; readonly op: number };
}

let fixture: Fixture;
beforeAll(async () => {
  const module = await loadKernelModule();
  const kernel = module.createKernel({ ...CONFIG, tag: 1 }, () => undefined);
  const stranger = module.createKernel({ ...CONFIG, tag: 2 }, () => undefined);
  const stale: Fixture["stale"] = { tasks: [], regions: [], ops: [] };
  for (let count = 0; count < 50; count += 1) {
    const { task, region, op } = makeLive(kernel);
    kernel.host_complete(op, 0);
    kernel.task_complete(task, 0);
    kernel.region_close(region);
    kernel.turn();
    stale.tasks.push(task);
    stale.regions.push(region);
    stale.ops.push(op);
  }
  fixture = { kernel, stale, live: makeLive(kernel), foreign: makeLive(stranger) };
  kernel.turn();
});

/** A region, a task in it whose body runs, and a host operation of that. */
function makeLive(kernel: Kernel): Fixture["live"] {
  const region = kernel.region_open(kernel.root(), 1);
  const task = kernel.region_spawn(region);
  expect(kernel.turn()).toBeGreaterThan(0);
  const op = kernel.host_open(task, 1, 0);
  expect(Math.min(region, task, op)).toBeGreaterThan(0);
  return { region, task, op };
}

/** A small seeded generator (mulberry32), good enough to draw test cases. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Draw = <T>(items: readonly T[]) => T;

/** A call whose handle is bad, whatever its other numbers are. */
function badHandleCall({ kernel }: Fixture, draw: Draw, bad: BadHandles): [string, () => number] {
  const any = draw([...NUMBERS, 0, 1, 2, 3, 7, 4_294_967_295]);
  const region = bad.region;
  const task = bad.task;
  const op = bad.op;
  return draw<[string, () => number]>([
    ["region_open", () => kernel.region_open(region, any)],
    ["region_open_in", () => kernel.region_open_in(task, 0, any)],
    ["region_spawn", () => kernel.region_spawn(region)],
    ["region_join", () => kernel.region_join(task, region, any)],
    ["region_close", () => kernel.region_close(region)],
    ["region_cancel", () => kernel.region_cancel(region, any, "x")],
    ["region_timeout", () => kernel.region_timeout(region, any)],
    ["region_defer", () => kernel.region_defer(region)],
    ["region_finalizer_spawn", () => kernel.region_finalizer_spawn(region)],
    ["region_limits", () => kernel.region_limits(region, any, any, any)],
    ["task_budget", () => kernel.task_budget(task, any, -1, any, any)],
    ["task_charge", () => kernel.task_charge(task, any)],
    ["task_mask", () => kernel.task_mask(task)],
    ["task_unmask", () => kernel.task_unmask(task)],
    ["obligation_reserve", () => kernel.obligation_reserve(task, any)],
    ["obligation_commit", () => kernel.obligation_commit(task)],
    ["obligation_abort", () => kernel.obligation_abort(op)],
    ["obligation_transfer", () => kernel.obligation_transfer(region, task)],
    ["task_cancel", () => kernel.task_cancel(task, any, "x")],
    ["task_checkpoint", () => kernel.task_checkpoint(task)],
    ["task_sleep", () => kernel.task_sleep(task, any, any)],
    ["task_join", () => kernel.task_join(task, task, any)],
    ["task_defer", () => kernel.task_defer(task)],
    ["task_finalized", () => kernel.task_finalized(task, any)],
    ["task_complete", () => kernel.task_complete(task, any)],
    ["host_open", () => kernel.host_open(task, any, any)],
    ["host_wait", () => kernel.host_wait(op, any)],
    ["host_notify", () => kernel.host_notify(op, any)],
    ["host_complete", () => kernel.host_complete(op, any)],
  ]);
}

/** A call on something live with a number that is not in range. */
function badNumberCall({ kernel, live }: Fixture, draw: Draw): [string, () => number] {
  const bad = draw(NUMBERS);
  const { region, task, op } = live;
  return draw<[string, () => number]>([
    ["region_open", () => kernel.region_open(region, bad)],
    ["region_open_in", () => kernel.region_open_in(task, bad, 0)],
    ["region_open_in flags", () => kernel.region_open_in(task, 0, bad)],
    ["region_cancel", () => kernel.region_cancel(region, bad, "x")],
    ["region_join", () => kernel.region_join(task, region, bad)],
    ["task_cancel", () => kernel.task_cancel(task, bad, "x")],
    ["task_join", () => kernel.task_join(task, bad, 2)],
    ["task_join token", () => kernel.task_join(task, task, bad)],
    ["task_complete", () => kernel.task_complete(task, bad)],
    ["task_finalized", () => kernel.task_finalized(task, bad)],
    [
      "task_budget",
      () => kernel.task_budget(task, -1, -1, -1, draw([8, 255, 256, Number.NaN, 0.5])),
    ],
    ["task_budget cost", () => kernel.task_budget(task, -1, -1, draw([-2, 0.5, 2 ** 53]), -1)],
    ["task_charge", () => kernel.task_charge(task, draw([-1, 0.5, Number.NaN, 2 ** 53]))],
    ["region_limits", () => kernel.region_limits(region, -1, draw([-2, 0.5, 2 ** 32]), -1)],
    ["obligation_reserve", () => kernel.obligation_reserve(task, bad)],
    ["host_open", () => kernel.host_open(task, 2, bad)],
    ["host_open token", () => kernel.host_open(task, bad, 0)],
    ["host_notify", () => kernel.host_notify(op, bad)],
    ["host_complete", () => kernel.host_complete(op, bad)],
    ["task_sleep", () => kernel.task_sleep(task, draw([Number.NaN, -1, 1e300]), 2)],
    ["region_timeout", () => kernel.region_timeout(region, draw([Number.NaN, -1, 1e300]))],
  ]);
}

interface BadHandles {
  readonly region: number;
  readonly task: number;
  readonly op: number;
}

const ORIGINS = ["stale", "foreign", "wrong kind", "random", "no number"] as const;

function badHandles(
  { stale, live, foreign }: Fixture,
  origin: (typeof ORIGINS)[number],
  draw: Draw,
  random: () => number,
): BadHandles {
  switch (origin) {
    case "stale":
      return { region: draw(stale.regions), task: draw(stale.tasks), op: draw(stale.ops) };
    case "foreign":
      return foreign;
    case "wrong kind":
      return { region: live.task, task: live.op, op: live.region };
    case "random": {
      // A slot that was never used: what is drawn here by chance names nothing live.
      const forged = Math.floor(random() * 2 ** 31) * 2 ** 22 + 1_000_000 + draw([0, 1, 77, 4_000]);
      return { region: forged, task: forged, op: forged };
    }
    case "no number": {
      const number = draw(NUMBERS);
      return { region: number, task: number, op: number };
    }
  }
}

function counts(kernel: Kernel): number[] {
  return Object.values(CounterCode).map((code) => kernel.count(code));
}

function drawer(random: () => number): Draw {
  return (items) => items[Math.floor(random() * items.length)] as (typeof items)[number];
}

test(`${ROUNDS} hostile calls are all refused by a typed error and change nothing`, () => {
  const { kernel } = fixture;
  const random = seeded(0xa5_0c);
  const draw = drawer(random);
  const before = counts(kernel);
  const refusedBy = new Map<number, number>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const origin = draw([...ORIGINS, "bad number"] as const);
    const [name, call] =
      origin === "bad number"
        ? badNumberCall(fixture, draw)
        : badHandleCall(fixture, draw, badHandles(fixture, origin, draw, random));
    const answer = call();
    if (!ERROR_CODES.has(-answer)) {
      throw new Error(`round ${round}: ${name} with a ${origin} answered ${answer}`);
    }
    refusedBy.set(-answer, (refusedBy.get(-answer) ?? 0) + 1);
  }
  expect(counts(kernel)).toEqual(before);
  for (const code of [
    ErrorKindCode.staleHandle,
    ErrorKindCode.foreignHandle,
    ErrorKindCode.forgedHandle,
    ErrorKindCode.invalidNumber,
  ]) {
    expect(refusedBy.get(code)).toBeGreaterThan(1_000);
  }
  expect(refusedBy.has(ErrorKindCode.poisoned)).toBe(false);
});

test("queries answer nothing for numbers that name nothing", () => {
  const { kernel } = fixture;
  const before = counts(kernel);
  for (const number of [...NUMBERS, 0, 12_345, 2 ** 52]) {
    expect(kernel.task_at(number)).toBe(0);
    expect(kernel.task_reason(number)).toBe(0);
    expect(kernel.region_reason(number)).toBe(0);
    expect(kernel.reason_facts(number)).toBe(0);
    expect(kernel.reason_message(number)).toBeUndefined();
  }
  for (const number of [Number.NaN, -1, 0.5, 99, 2 ** 53]) expect(kernel.count(number)).toBeNaN();
  expect(counts(kernel)).toEqual(before);
});

const LEFT_OUT_KEYS = [
  "ties",
  "leakPolicy",
  "cancelStreak",
  "pollsPerTick",
  "generationsMax",
] as const;

test("hostile configurations make no kernel", async () => {
  const module = await loadKernelModule();
  for (const number of [Number.NaN, Number.POSITIVE_INFINITY, -1, 2 ** 64]) {
    for (const key of ["seed", "drainMs", "sliceMs", "traceCapacity"] as const) {
      const config = { ...CONFIG, tag: 3, [key]: number };
      expect(() => module.createKernel(config, () => undefined)).toThrow();
    }
  }
  // Of these -1 is the default.
  for (const number of [Number.NaN, Number.POSITIVE_INFINITY, -2, 0.5, 2 ** 32]) {
    for (const key of LEFT_OUT_KEYS) {
      const config = { ...CONFIG, tag: 3, [key]: number };
      expect(() => module.createKernel(config, () => undefined)).toThrow();
    }
  }
});

test("after the close every call is refused, whatever it names", () => {
  const { kernel, live } = fixture;
  expect(kernel.host_complete(live.op, 0)).toBe(0);
  kernel.task_complete(live.task, 0);
  expect(kernel.close()).toBe(0);
  expect(kernel.turn()).toBeGreaterThan(0);
  while (kernel.turn() !== 0);
  const before = counts(kernel);
  const random = seeded(7);
  const draw = drawer(random);
  for (let round = 0; round < 10_000; round += 1) {
    const handles = draw([
      { region: live.region, task: live.task, op: live.op },
      badHandles(fixture, draw(ORIGINS), draw, random),
    ]);
    const [name, call] = badHandleCall(fixture, draw, handles);
    const answer = call();
    if (!ERROR_CODES.has(-answer)) throw new Error(`${name} answered ${answer} after the close`);
  }
  expect(kernel.close()).toBe(-ErrorKindCode.runtimeClosed);
  expect(counts(kernel)).toEqual(before);
  expect(kernel.turn()).toBe(0);
});
