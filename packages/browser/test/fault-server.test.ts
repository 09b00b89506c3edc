/** The tests' own server answers from Node and from a page, and tells what it saw. */
import { expect, test } from "vitest";
import { faults } from "./support.js";

test("the ledger has the request and how it ended", async () => {
  const server = faults();
  const controller = new AbortController();
  const pending = fetch(server.http("/hang"), { signal: controller.signal });
  await server.until("arrived");
  controller.abort();
  await expect(pending).rejects.toMatchObject({ name: "AbortError" });
  const entries = await server.until("aborted");
  expect(entries.map(({ kind }) => kind)).toEqual(["arrived", "aborted"]);
});
