/** What the floor has beside its tasks: a channel, a bounded map and a timeout that own and drain. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { CancelledError, openNursery } from "../lib/nursery.mjs";
import { Channel } from "../lib/nursery-channel.mjs";
import { all, map, TimeoutError, timeout } from "../lib/nursery-combinators.mjs";

const NEVER_MS = 2 ** 30;
const pendingTimers = () =>
  process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

test("a channel keeps the order and makes the sender wait when it is full", async () => {
  const accepted = [];
  const received = [];
  await openNursery(async (root) => {
    const channel = new Channel(2);
    root.spawn(async (producer) => {
      for (let message = 0; message < 100; message++) {
        await channel.send(producer, message);
        accepted.push(message);
      }
    });
    await root.sleep(0);
    assert.deepEqual(accepted, [0, 1]);
    for (let i = 0; i < 100; i++) received.push(await channel.receive(root));
  });
  assert.deepEqual(
    received,
    Array.from({ length: 100 }, (_, message) => message),
  );
});

test("a cancelled sender sends nothing, a cancelled receiver takes nothing", async () => {
  const reason = new CancelledError("enough");
  await openNursery(async (root) => {
    const channel = new Channel(1);
    const receiver = root.spawn((task) => channel.receive(task));
    receiver.cancel(reason);
    assert.deepEqual(await receiver.join(), { kind: "cancelled", error: reason });
    await channel.send(root, "first");
    const sender = root.spawn((task) => channel.send(task, "second"));
    sender.cancel(reason);
    assert.deepEqual(await sender.join(), { kind: "cancelled", error: reason });
    const third = root.spawn((task) => channel.send(task, "third"));
    assert.equal(await channel.receive(root), "first");
    assert.equal(await channel.receive(root), "third");
    await third.join();
  });
});

test("map gives values in the order of the items, so many at a time", async () => {
  let live = 0;
  let maxLive = 0;
  const values = await openNursery((root) =>
    map(root, [1, 2, 3, 4, 5], 2, async (task, item) => {
      live += 1;
      maxLive = Math.max(maxLive, live);
      await task.checkpoint();
      live -= 1;
      return item * 10;
    }),
  );
  assert.deepEqual(values, [10, 20, 30, 40, 50]);
  assert.equal(maxLive, 2);
});

test("the first failure of all cancels the others and is thrown when they have drained", async () => {
  const failure = new Error("broken");
  let cleaned = 0;
  await openNursery(async (root) => {
    const running = all(root, [
      async (task) => {
        try {
          await task.sleep(NEVER_MS);
        } finally {
          await Promise.resolve();
          cleaned += 1;
        }
      },
      async (task) => {
        await task.checkpoint();
        throw failure;
      },
    ]);
    await assert.rejects(running, (error) => error === failure);
    assert.equal(cleaned, 1);
    assert.deepEqual(await all(root, []), []);
  });
  assert.equal(pendingTimers(), 0);
});

test("a timeout that does not fire leaves no timer, one that fires drains its body", async () => {
  let cleaned = 0;
  await openNursery(async (root) => {
    const value = await timeout(root, NEVER_MS, async (task) => {
      await task.checkpoint();
      return "in time";
    });
    assert.equal(value, "in time");
    assert.equal(pendingTimers(), 0);
    const late = timeout(root, 0, async (task) => {
      try {
        await task.sleep(NEVER_MS);
      } finally {
        cleaned += 1;
      }
    });
    await assert.rejects(late, TimeoutError);
    assert.equal(cleaned, 1);
  });
  assert.equal(pendingTimers(), 0);
});
