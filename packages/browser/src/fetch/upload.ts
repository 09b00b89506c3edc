/** Owns how the progress of an upload is told, and whether the platform sends a stream as body. */
import { AsupersyncError } from "../errors.js";
import { encodeForm } from "./form.js";
import { UPLOAD_PIECE_BYTES } from "./limits.js";
import type { FetchProgress } from "./request.js";

/**
 * Lets pass where the platform sends a stream as it comes. Some take one and send its name as text.
 *
 * @throws {AsupersyncError} `UPLOAD_STREAM_UNAVAILABLE`.
 */
export function requireUploadStreams(): void {
  hasUploadStreams ??= detectUploadStreams();
  if (!hasUploadStreams)
    throw new AsupersyncError(
      "UPLOAD_STREAM_UNAVAILABLE",
      "one that does not send a body in pieces",
    );
}

/**
 * Tells how far the body of one request is, by one of two ways.
 *
 * A platform that is JavaScript itself, such as Node, calls `stream()` of a `Blob` that is a body, so that
 * one with a `stream` of its own sees each piece as it is pulled. Unlike a stream as body, such a blob keeps
 * its length, which is sent, and can be sent again after a redirect. A browser reads a blob natively. It
 * could send a stream, but over HTTP/2 only, never again after a redirect, and to another origin with a
 * question before: a request that goes well without progress could fail. So it gets the body as it is, and
 * only the two ends are told.
 */
export class UploadProgress {
  readonly #onProgress: (progress: FetchProgress) => void;
  readonly #fail: (error: unknown) => void;
  #total: number | undefined = undefined;
  #source: "none" | "whole" | "pieces" = "none";

  /** @param fail Told what `onProgress` throws. */
  constructor(onProgress: (progress: FetchProgress) => void, fail: (error: unknown) => void) {
    this.#onProgress = onProgress;
    this.#fail = fail;
  }

  /** `request`, made of `address` and `init` by the platform, with its body followed. */
  follow(request: Request, address: RequestInfo, init: RequestInit): Request {
    const { body } = init;
    const { signal, referrer, referrerPolicy } = request;
    if (body instanceof ReadableStream || (body == null && request.body && pullsBlobs())) {
      // The platform resets the referrer where anything is overridden.
      const own = { signal, referrer, referrerPolicy, duplex: "half" };
      return new Request(request, { ...own, body: this.#pieces(request.body as Pieces) });
    }
    if (body == null) {
      if (request.body) this.#source = "whole";
      return request;
    }
    const form = body instanceof FormData ? encodeForm(body) : undefined;
    const blob = form?.blob ?? new Blob([body as BlobPart]);
    const headers = new Headers(request.headers);
    // A caller who names a type of his own does so without the boundary, which nobody knew.
    if (form !== undefined) headers.set("content-type", form.type);
    this.#source = "whole";
    this.#total = blob.size;
    Object.defineProperty(blob, "stream", {
      value: () => this.#pieces(Blob.prototype.stream.call(blob)),
    });
    return new Request(address, { ...init, headers, body: blob });
  }

  /** The request is being sent. */
  began(): void {
    if (this.#source === "whole") this.#tell(0);
  }

  /** The answer has come. */
  answered(): void {
    if (this.#source === "whole" && this.#total !== undefined) this.#tell(this.#total);
  }

  /** Counts from the beginning: a redirect may have the body sent again. */
  #pieces(source: Pieces): Pieces {
    this.#source = "pieces";
    let loaded = 0;
    return inPieces(source, (bytes) => {
      loaded += bytes;
      this.#tell(loaded);
    });
  }

  #tell(loaded: number): void {
    try {
      this.#onProgress({ loaded, total: this.#total });
    } catch (error) {
      this.#fail(error);
    }
  }
}

type Pieces = ReadableStream<Uint8Array<ArrayBuffer>>;

/** `source` cut into pieces that are small enough to tell steps, each of them taken when it is pulled. */
function inPieces(source: Pieces, taken: (bytes: number) => void): Pieces {
  const reader = source.getReader();
  let rest = new Uint8Array();
  return new ReadableStream(
    {
      async pull(pieces) {
        if (rest.byteLength === 0) {
          const { done, value } = await reader.read();
          if (done) {
            pieces.close();
            return;
          }
          rest = value;
        }
        const piece = rest.subarray(0, UPLOAD_PIECE_BYTES);
        rest = rest.subarray(UPLOAD_PIECE_BYTES);
        pieces.enqueue(piece);
        taken(piece.byteLength);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** Whether the platform asks a blob for its stream to send it. */
function pullsBlobs(): boolean {
  let isAsked = false;
  const body = new Blob(["x"]);
  const stream = (): Pieces => {
    isAsked = true;
    return Blob.prototype.stream.call(body);
  };
  Object.defineProperty(body, "stream", { value: stream });
  new Request("http://localhost", { method: "POST", body });
  return isAsked;
}

let hasUploadStreams: boolean | undefined;

/** A platform that can asks for `duplex`, and knows no type of a stream. */
function detectUploadStreams(): boolean {
  let isAsked = false;
  const { headers } = new Request("http://localhost", {
    method: "POST",
    body: new ReadableStream(),
    get duplex() {
      isAsked = true;
      return "half";
    },
  } as RequestInit);
  return isAsked && !headers.has("content-type");
}
