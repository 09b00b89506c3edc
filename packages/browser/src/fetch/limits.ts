/** Owns the bounds of what is kept of a response at once. */

/** Bytes of a body that is read as a whole: V8 holds no text that is longer. */
export const BODY_BYTES_MAX = 2 ** 29;

/** UTF-16 units of one line: far above a record, far below what a page notices. */
export const LINE_CHARS_MAX = 2 ** 20;

/** UTF-16 units of the data of one event, for the same reason. */
export const EVENT_CHARS_MAX = 2 ** 20;

/** Bytes of an upload that are told as one step: what most platforms write at once. */
export const UPLOAD_PIECE_BYTES = 2 ** 16;

/** Milliseconds until a broken event stream is asked for again, unless it says otherwise: as browsers do. */
export const RECONNECT_PAUSE_MS = 3_000;
