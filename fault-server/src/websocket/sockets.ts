/** Owns the table of WebSocket endpoints: well-behaved ones, and one for each way to misbehave. */
import type { Connection } from "./accept.js";

/** By the part of the path after `/socket/`. */
export const SOCKETS: { readonly [name: string]: (connection: Connection) => void } = {
  /** Gives every message back. */
  echo: ({ socket, note }) =>
    void socket.on("message", (data, isBinary) => {
      note("message", { isBinary, bytes: (data as Buffer).length });
      socket.send(data, { binary: isBinary });
    }),
};
