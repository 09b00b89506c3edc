/** Owns the table of WebSocket endpoints: well-behaved ones, and one for each way to misbehave. */
import type { RawData, WebSocket } from "ws";
import type { Connection } from "./connection.js";

/** By the part of the path after `/socket/`. */
export const SOCKETS: { readonly [name: string]: (connection: Connection) => void } = {
  /** Gives every message back. */
  echo: ({ socket, note }) =>
    void socket.on("message", (data, isBinary) => {
      note("message", { isBinary, bytes: (data as Buffer).length });
      socket.send(data, { binary: isBinary });
    }),
  /** Takes every message, and notes its text. */
  sink: ({ socket, note }) => void socket.on("message", (data) => note("message", textOf(data))),
  /** Sends `count` (default 10,000) small texts at once: their numbers from 0. */
  many: ({ socket, url }) => {
    const count = Number(url.searchParams.get("count") ?? 10_000);
    for (let number = 0; number < count; number += 1) socket.send(String(number));
  },
  /** Sends 64 KiB again and again, until a message comes; says then how often it did. */
  flood: ({ socket, note }) => {
    const piece = Buffer.alloc(65_536, 7);
    let sent = 0;
    let isAsked = true;
    const send = (): void => {
      if (!isAsked || socket.readyState !== socket.OPEN) return;
      sent += 1;
      socket.send(piece, send);
    };
    socket.on("message", () => {
      isAsked = false;
      note("stopped", sent);
      socket.send(String(sent));
    });
    send();
  },
  /** Does what each message says: see {@link obey}. */
  command: (connection) =>
    void connection.socket.on("message", (data) => obey(connection, textOf(data))),
  /** Closes at once, with `code` and `reason`, or without either. */
  close: ({ socket, url }) => {
    const code = url.searchParams.get("code");
    if (code === null) socket.close();
    else socket.close(Number(code), url.searchParams.get("reason") ?? "");
  },
  /** Breaks the connection without a close, at once. */
  drop: ({ stream }) => void stream.destroy(),
  /** Does not read, answer or close, until the command `resume`. */
  "half-open": ({ socket, note, on }) => {
    socket.pause();
    on("resume", () => socket.resume());
    socket.on("message", (data: Buffer) => note("message", data.length));
  },
};

/**
 * `text …` and `binary n` send, `close code reason` closes, `drop` breaks the connection, `freeze` ends
 * reading and answering, and of anything else a note is taken.
 */
function obey({ socket, stream, note }: Connection, command: string): void {
  const [verb = "", first = "", ...rest] = command.split(" ");
  if (verb === "text") socket.send([first, ...rest].join(" "));
  else if (verb === "binary") socket.send(Buffer.alloc(Number(first), 1));
  else if (verb === "close") closeWith(socket, first, rest.join(" "));
  else if (verb === "drop") stream.destroy();
  else if (verb === "freeze") socket.pause();
  else note("message", command);
}

function closeWith(socket: WebSocket, code: string, reason: string): void {
  if (code === "") socket.close();
  else socket.close(Number(code), reason);
}

function textOf(data: RawData): string {
  return data.toString();
}
