/** Owns the table of endpoints that misbehave before there is a socket, or are none after it. */
import { createHash } from "node:crypto";
import type { Duplex } from "node:stream";
import type { Upgrade } from "./connection.js";

/** By the part of the path after `/socket/`. */
export const HANDSHAKES: { readonly [name: string]: (upgrade: Upgrade) => void } = {
  /** Refuses, with the status `status` (default 401). */
  refuse: ({ stream, url }) => {
    const status = url.searchParams.get("status") ?? "401";
    stream.end(`HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  },
  /** Accepts with a proof that is not that of the request. */
  "bad-accept": ({ stream }) => {
    endWithPeer(stream);
    stream.write(acceptance("not the key of the request"));
  },
  /** Breaks the connection in the middle of its answer. */
  "cut-handshake": ({ stream }) => {
    stream.write("HTTP/1.1 101 Switching Protocols\r\nupgr", () => stream.destroy());
  },
  /** Answers the handshake at the command `release`, and is `echo` then. */
  slow: ({ stream, accept, on }) => {
    endWithPeer(stream);
    on("release", () => accept("echo"));
  },
  /** Reads, and never says a word: not even to a close. */
  mute: ({ request, stream, note }) => {
    endWithPeer(stream);
    stream.write(acceptance(request.headers["sec-websocket-key"] ?? ""));
    note("open", { path: "/socket/mute" });
    let unread: Buffer = Buffer.alloc(0);
    stream.on("data", (bytes: Buffer) => {
      unread = Buffer.concat([unread, bytes]);
      while (unread.length >= FRAME_HEAD_BYTES) {
        // The second half byte is the kind, 8 that of a close; then comes the length, which is short.
        if (((unread[0] ?? 0) & 0x0f) === 8) note("close-asked");
        unread = unread.subarray(FRAME_HEAD_BYTES + ((unread[1] ?? 0) & 0x7f));
      }
    });
  },
};

/** Bytes before the content of a short frame from a client: kind, length and mask. */
const FRAME_HEAD_BYTES = 6;

/** Reads, so that the peer's end is seen, and ends with it. */
function endWithPeer(stream: Duplex): void {
  stream.resume();
  stream.on("end", () => stream.destroy());
}

/** An answer that accepts the handshake made with `key`; RFC 6455, section 4.2.2. */
function acceptance(key: string): string {
  const proof = createHash("sha1")
    .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest("base64");
  return [
    "HTTP/1.1 101 Switching Protocols",
    "upgrade: websocket",
    "connection: upgrade",
    `sec-websocket-accept: ${proof}`,
    "\r\n",
  ].join("\r\n");
}
