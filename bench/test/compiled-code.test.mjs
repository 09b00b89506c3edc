/** An idle page is collected: what was compiled for the SDK's objects has to outlive that. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

/** Warms up, collects, and does it again; V8 tells of code that it threw away with the last object of a kind. */
const PROGRAM = `
import { channel, createRuntime } from "@asupersync/browser";

class Forgotten {
  constructor(value) {
    this.value = value;
  }
}
function readForgotten(object) {
  return object.value;
}
const runtime = await createRuntime();
const onGenerators = {
  *race(cx) {
    yield* cx.race([(own) => own.sleep(60_000).promise(), () => 1]);
  },
  *timeout(cx) {
    yield* cx.timeout(60_000, function* (own) {
      yield* own.checkpoint();
    });
  },
  *all(cx) {
    yield* cx.all([() => 1, () => 2]);
  },
  *scope(cx) {
    yield* cx.scope((own) => own.spawn(() => 1).id);
  },
  *channel(cx) {
    const pipe = channel(cx, { capacity: 1 });
    const sender = cx.spawn(function* (own) {
      for (let i = 0; i < 4; i++) yield* pipe.send(own, i);
    });
    for (let i = 0; i < 4; i++) yield* pipe.receive(cx);
    yield* cx.join(sender);
  },
};
const onPromises = {
  race: (cx) => cx.race([async (own) => own.sleep(60_000), async () => 1]),
  timeout: (cx) => cx.timeout(60_000, async (own) => own.checkpoint()),
};
async function work() {
  for (const operation of Object.values(onGenerators)) {
    await runtime.run(function* (cx) {
      for (let i = 0; i < 3_000; i++) yield* operation(cx);
    });
  }
  for (const operation of Object.values(onPromises)) {
    await runtime.run(async (cx) => {
      for (let i = 0; i < 3_000; i++) await operation(cx);
    });
  }
  let sum = 0;
  for (let i = 0; i < 100_000; i++) sum += readForgotten(new Forgotten(i));
  return sum;
}
for (let round = 0; round < 4; round++) {
  await work();
  await new Promise((resolve) => setTimeout(resolve, 0));
  globalThis.gc();
  // What was compiled of the loader goes with the first collection.
  if (round === 0) console.log("LOADED");
}
await runtime.close();
`;

test("a full collection while nothing runs leaves the compiled code", () => {
  const flags = ["--expose-gc", "--trace-deopt", "--input-type=module", "--eval", PROGRAM];
  const printed = execFileSync(process.execPath, flags, {
    cwd: import.meta.dirname,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  const ofRounds = printed.slice(printed.indexOf("LOADED"));
  const thrownAway = [...ofRounds.matchAll(/SharedFunctionInfo ([^>]*)>.*weak objects/g)].map(
    ([, name]) => name,
  );
  // Of a kind that nobody keeps one of, it is thrown away: or else this would show nothing.
  const ofNobody = ["readForgotten", "Forgotten", "work"];
  assert.ok(thrownAway.some((name) => ofNobody.includes(name)));
  assert.deepEqual(
    [...new Set(thrownAway)].filter((name) => !ofNobody.includes(name)),
    [],
  );
});
