/** The ownership of one commit, step by step. */
import type { CancelRequest } from "@asupersync/browser";
import { describe, expect, it } from "vitest";
import { Lifetime, SUPERSEDED, UNMOUNTED } from "../src/lifetime.js";

function subject() {
  const log: [string, string, CancelRequest?][] = [];
  const lifetime = new Lifetime<string>((resource, why) => log.push(["end", resource, why]));
  const hold = (name: string, ...key: unknown[]) =>
    lifetime.hold(key, () => {
      log.push(["open", name]);
      return name;
    });
  return { log, lifetime, hold };
}

/** Everything that a cleanup queued has run after this. */
const microtask = () => Promise.resolve();

describe("a lifetime", () => {
  it("opens nothing until it is held", () => {
    const { log, lifetime } = subject();
    expect(log).toEqual([]);
    expect(lifetime.current).toBeUndefined();
  });

  it("ends one microtask after the cleanup, for the unmount", async () => {
    const { log, lifetime, hold } = subject();
    const cleanup = hold("a", 1);
    cleanup();
    expect(lifetime.current).toBe("a");
    await microtask();
    expect(log).toEqual([
      ["open", "a"],
      ["end", "a", UNMOUNTED],
    ]);
    expect(lifetime.current).toBeUndefined();
  });

  it("gives a remount the same resource back", async () => {
    const { log, lifetime, hold } = subject();
    hold("a", 1, Number.NaN)();
    hold("b", 1, Number.NaN);
    await microtask();
    expect(log).toEqual([["open", "a"]]);
    expect(lifetime.current).toBe("a");
  });

  it("ends once after a remount that leaves again", async () => {
    const { log, hold } = subject();
    hold("a", 1)();
    hold("b", 1)();
    await microtask();
    await microtask();
    expect(log).toEqual([
      ["open", "a"],
      ["end", "a", UNMOUNTED],
    ]);
  });

  it("ends the earlier resource before it opens one for another key", async () => {
    const { log, lifetime, hold } = subject();
    hold("a", 1)();
    hold("b", 2);
    await microtask();
    expect(log).toEqual([
      ["open", "a"],
      ["end", "a", SUPERSEDED],
      ["open", "b"],
    ]);
    expect(lifetime.current).toBe("b");
  });

  it("opens again after it has ended, also for the same key", async () => {
    const { log, hold } = subject();
    hold("a", 1)();
    await microtask();
    hold("b", 1);
    expect(log.map(([step, name]) => `${step} ${name}`)).toEqual(["open a", "end a", "open b"]);
  });

  it("holds nothing when opening throws", () => {
    const { log, lifetime } = subject();
    const open = () => {
      throw new Error("refused");
    };
    expect(() => lifetime.hold([1], open)).toThrow("refused");
    expect(lifetime.current).toBeUndefined();
    lifetime.end(UNMOUNTED);
    expect(log).toEqual([]);
  });

  it("ends at once when asked to, and only once", async () => {
    const { log, lifetime, hold } = subject();
    const cleanup = hold("a", 1);
    lifetime.end({ kind: "user", message: "disabled" });
    cleanup();
    await microtask();
    expect(log).toEqual([
      ["open", "a"],
      ["end", "a", { kind: "user", message: "disabled" }],
    ]);
  });
});
