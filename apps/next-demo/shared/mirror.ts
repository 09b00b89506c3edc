/** The two mirrors that the race asks for the same file, and the size of that file. */
export const MIRRORS = ["oslo", "lima"] as const;

export type Mirror = (typeof MIRRORS)[number];

/** A mirror that sent all its equal pieces has won. */
export const MIRROR_PIECES = 12;
export const MIRROR_PIECE_BYTES = 1_024;
export const MIRROR_FILE_BYTES = MIRROR_PIECES * MIRROR_PIECE_BYTES;
