// `npm run format`: formats everything and applies the linters' safe mends.
import { packageCommand, run } from "./lib/run.mjs";

const biome = packageCommand("@biomejs/biome", "bin/biome");
const results = [
  await run("cargo", ["fmt", "--all"], { output: "show" }),
  await run(process.execPath, [biome, "check", "--write", "."], { output: "show" }),
];
process.exitCode = results.find(({ code }) => code !== 0)?.code ?? 0;
