// biome-ignore-all assist/source/organizeImports: it is the README's, word for word.
// From here on the README.
import { createRuntime, type Cx } from "@asupersync/browser";

const runtime = await createRuntime();
const log: string[] = [];

const mirror = (name: string, ms: number) => async (cx: Cx) => {
  cx.defer(() => void log.push(`${name} let go`)); // runs however the task ends
  await cx.sleep(ms); // a real one would cx.fetch: losing aborts the request at the server
  return name;
};

const outcome = await runtime.run(async (cx) => {
  cx.spawn((cx) => cx.sleep(20), { label: "heartbeat" }); // a child: the task ends after it
  const winner = await cx.race([mirror("near", 5), mirror("far", 60_000)]);
  log.push(`${winner} won`); // and the loser has let go by now: races drain
  return cx.timeout(1_000, async () => winner.toUpperCase());
});

log.push(outcome.kind === "ok" ? outcome.value : outcome.kind);
const report = await runtime.close(); // cancels, drains, and names what did not answer
// As far as here the README: what follows shows the test what came of it.
export { log, report };
