/** The child process of one measurement as wasm: answers one request and exits. */

process.once("message", async (request) => {
  const answer =
    request.type === "point"
      ? await (await import("./wasm-law.mjs")).measurePoint(request.live)
      : await (await import("./wasm-soak.mjs")).soak(request.tasks);
  process.send(answer, () => process.disconnect());
});
