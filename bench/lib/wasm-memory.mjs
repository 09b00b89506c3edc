/**
 * How large the memories of all wasm instances are that were made after this file was loaded. It looks
 * over the shoulder of `WebAssembly`, so that no contestant has to tell.
 */

/** @type {Set<WebAssembly.Memory>} */
const memories = new Set();

for (const name of ["instantiate", "instantiateStreaming"]) {
  const original = WebAssembly[name];
  if (original === undefined) continue;
  WebAssembly[name] = async (...args) => {
    const made = await original.apply(WebAssembly, args);
    const { exports } = made.instance ?? made;
    for (const value of Object.values(exports)) {
      if (value instanceof WebAssembly.Memory) memories.add(value);
    }
    return made;
  };
}

export function wasmBytes() {
  let bytes = 0;
  for (const { buffer } of memories) bytes += buffer.byteLength;
  return bytes;
}
