/**
 * The floor has to keep the promises that make it a fair rival: it owns, cancels and drains.
 *
 * No test waits for a timer: sleeps are either cancelled or of zero length.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { CancelledError, openNursery } from "../lib/nursery.mjs";

const NEVER_MS = 2 ** 30;
const pendingTimers = () =>
  process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

test("ends only after every child and grandchild has ended", async () => {
  const order = [];
  await openNursery(async (root) => {
    root.spawn(async (child) => {
      child.spawn(async (grandchild) => {
        await grandchild.sleep(0);
        order.push("grandchild");
      });
      order.push("child");
    });
    order.push("root");
  });
  assert.deepEqual(order, ["child", "root", "grandchild"]);
});

test("resolves with the body's value, and join with the outcome", async () => {
  const value = await openNursery(async (root) => {
    const task = root.spawn(async (child) => {
      await child.checkpoint();
      return 20;
    });
    assert.deepEqual(await task.join(), { kind: "ok", value: 20 });
    return 22;
  });
  assert.equal(value, 22);
});

test("a failed child cancels its siblings, fails its parent and keeps its error", async () => {
  const failure = new Error("broken");
  const cleaned = [];
  const sleeper = (name) => async (task) => {
    try {
      await task.sleep(NEVER_MS);
    } finally {
      cleaned.push(name);
    }
  };
  const running = openNursery(async (root) => {
    root.spawn(sleeper("sibling"));
    root.spawn(async (task) => {
      await task.checkpoint();
      throw failure;
    });
    await sleeper("body")(root);
  });
  await assert.rejects(running, (error) => error === failure);
  assert.deepEqual(cleaned.sort(), ["body", "sibling"]);
  assert.equal(pendingTimers(), 0);
});

test("a body that throws at once fails like one that throws later", async () => {
  const failure = new Error("at once");
  const running = openNursery(async (root) => {
    root.spawn(() => {
      throw failure;
    });
  });
  await assert.rejects(running, (error) => error === failure);
});

test("cancel reaches the whole subtree with one reason and aborts its signals", async () => {
  const reason = new CancelledError("enough");
  await openNursery(async (root) => {
    let grandchild;
    const child = root.spawn(async (task) => {
      grandchild = task.spawn((inner) => inner.sleep(NEVER_MS));
      await task.sleep(NEVER_MS);
    });
    const { signal } = grandchild;
    child.cancel(reason);
    child.cancel(new CancelledError("again"));
    assert.deepEqual(await child.join(), { kind: "cancelled", error: reason });
    assert.deepEqual(await grandchild.join(), { kind: "cancelled", error: reason });
    assert.equal(signal.reason, reason);
  });
  assert.equal(pendingTimers(), 0);
});

test("every wait after a cancel fails with the same reason", async () => {
  const reason = new CancelledError("enough");
  const seen = [];
  await openNursery(async (root) => {
    const task = root.spawn(async (self) => {
      const waits = [() => self.sleep(NEVER_MS), () => self.sleep(0), () => self.checkpoint()];
      for (const wait of waits) {
        try {
          await wait();
        } catch (error) {
          seen.push(error);
        }
      }
    });
    task.cancel(reason);
    await task.join();
  });
  assert.deepEqual(seen, [reason, reason, reason]);
});

test("a chain 100,000 deep is cancelled without overflowing the stack", async () => {
  const depth = 100_000;
  let cleaned = 0;
  await openNursery(async (root) => {
    let deepest = root;
    const top = root.spawn(link);
    deepest = top;
    for (let i = 1; i < depth; i++) deepest = deepest.spawn(link);
    top.cancel(new CancelledError("enough"));
    await top.join();
  });
  assert.equal(cleaned, depth);

  async function link(task) {
    try {
      await task.sleep(NEVER_MS);
    } finally {
      cleaned += 1;
    }
  }
});

test("a race settles after its losers have cleaned up, and disarms their timers", async () => {
  let cleaned = 0;
  const loser = async (branch) => {
    try {
      await branch.sleep(NEVER_MS);
    } finally {
      await Promise.resolve();
      cleaned += 1;
    }
  };
  const value = await openNursery(async (root) => {
    const winner = await root.race([
      loser,
      async (branch) => {
        await branch.checkpoint();
        return "won";
      },
      loser,
    ]);
    assert.equal(cleaned, 2);
    return winner;
  });
  assert.equal(value, "won");
  assert.equal(pendingTimers(), 0);
});

test("a race rejects with the error of the branch that ended first", async () => {
  const failure = new Error("lost it");
  await openNursery(async (root) => {
    const racing = root.race([
      (branch) => branch.sleep(NEVER_MS),
      () => {
        throw failure;
      },
    ]);
    await assert.rejects(racing, (error) => error === failure);
  });
  assert.equal(pendingTimers(), 0);
});

test("a loser's failed clean-up is not swallowed", async () => {
  const failure = new Error("clean-up");
  await openNursery(async (root) => {
    const racing = root.race([
      async (branch) => {
        await branch.sleep(NEVER_MS).catch(() => {
          throw failure;
        });
      },
      async () => "won",
    ]);
    await assert.rejects(racing, (error) => error === failure);
  });
});

test("cancelling the owner of a race cancels every branch", async () => {
  const reason = new CancelledError("enough");
  await openNursery(async (root) => {
    const owner = root.spawn((task) =>
      task.race([(branch) => branch.sleep(NEVER_MS), (branch) => branch.sleep(NEVER_MS)]),
    );
    owner.cancel(reason);
    assert.deepEqual(await owner.join(), { kind: "cancelled", error: reason });
  });
  assert.equal(pendingTimers(), 0);
});

test("an empty race is refused", async () => {
  await assert.rejects(
    openNursery((root) => root.race([])),
    TypeError,
  );
});

test("a task that has ended takes no children", async () => {
  await openNursery(async (root) => {
    const task = root.spawn(async () => {});
    await task.join();
    assert.throws(() => task.spawn(async () => {}), /has ended/);
  });
});
