/** Owns bodies that are sent in pieces: whether the platform can, and how their progress is told. */
import { AsupersyncError } from "../errors.js";
import type { FetchInit, FetchProgress } from "./request.js";

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
 * `request` with its body counted on its way. The platform pulls piece by piece, so what is counted has
 * left for the network's buffers, and not arrived.
 */
export function countUpload(
  request: Request,
  init: FetchInit,
  onProgress: (progress: FetchProgress) => void,
  fail: (error: unknown) => void,
): Request {
  if (request.body === null) return request;
  const total = bytesOf(init.body);
  let loaded = 0;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, pieces) {
      pieces.enqueue(piece);
      loaded += piece.byteLength;
      try {
        onProgress({ loaded, total });
      } catch (error) {
        fail(error);
      }
    },
  });
  const { signal } = request;
  const counted = { body: request.body.pipeThrough(counter), signal, duplex: "half" };
  return new Request(request, counted);
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

/** Bytes of a body, where it says so before it is sent. */
function bytesOf(body: FetchInit["body"]): number | undefined {
  if (body instanceof Blob) return body.size;
  if (body instanceof URLSearchParams || typeof body === "string") {
    return new TextEncoder().encode(String(body)).byteLength;
  }
  return (body as ArrayBuffer | undefined)?.byteLength;
}
