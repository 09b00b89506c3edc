// When `npm ci` is needed: a comparison of the lockfile with what npm says it installed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { matches } from "./npm-packages.mjs";

const a = { version: "1.0.0", integrity: "sha512-a" };
const wanted = {
  packages: {
    "": {},
    "node_modules/a": a,
    "node_modules/for-another-system": { version: "1.0.0", optional: true },
  },
};

test("an installation without the packages of other systems matches", () => {
  assert.equal(matches(wanted, { packages: { "node_modules/a": a } }), true);
});

test("a missing, another or an altered package does not match", () => {
  for (const packages of [
    {},
    { "node_modules/a": { ...a, version: "1.0.1" } },
    { "node_modules/a": { ...a, integrity: "sha512-b" } },
  ]) {
    assert.equal(matches(wanted, { packages }), false);
  }
});

test("no installation, or no lockfile, does not match", () => {
  assert.equal(matches(wanted, undefined), false);
  assert.equal(matches(undefined, wanted), false);
});
