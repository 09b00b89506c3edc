/** Owns what names one of this package's own kernels: where its file is, and its inlined copy. */

/** One of this package's own kernels, to be passed on as it is. Nothing is loaded before it is used. */
export class OwnKernel {
  /** The address of the file. */
  readonly address: () => { readonly href: string };
  /** The copy: gzipped, then base64. */
  readonly inlined: () => Promise<{ readonly wasmGzipBase64: string }>;

  /** @internal */
  constructor(address: OwnKernel["address"], inlined: OwnKernel["inlined"]) {
    this.address = address;
    this.inlined = inlined;
  }

  /** Tells it from other objects by `Object.prototype.toString`. */
  get [Symbol.toStringTag](): string {
    return "AsupersyncKernel";
  }
}

/** By what it has, since a bundle may hold this class twice. */
export function isOwnKernel(source: object | string): source is OwnKernel {
  return typeof source === "object" && "inlined" in source;
}
