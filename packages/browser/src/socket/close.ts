/** Owns how a socket ends: the typed close, and the error that goes with one that was no normal end. */
import { AsupersyncError, type ErrorCode, type ErrorDetails } from "../errors.js";
import { CloseCode } from "./limits.js";

/**
 * What made a close a failure: the handshake was `refused` (or never answered: browsers do not say
 * which), the connection was `lost`, the peer left our close `unanswered`, more came than was received
 * (`overflow`), or the peer was `silent` at a heartbeat.
 */
export type SocketFailure = "refused" | "lost" | "unanswered" | "overflow" | "silent";

/** How a socket was closed. Immutable. */
export interface SocketClose {
  /** The close code that came, such as 1000; 1005 when the peer gave none, 1006 when no close came. */
  readonly code: number;
  /** The reason that came; often empty. */
  readonly reason: string;
  /** Whether the close handshake was completed. */
  readonly clean: boolean;
  /** Who asked for the close first; `failure` if something else ended it. */
  readonly by: "us" | "peer" | "failure";
  /** What failed, if `by` is `failure`. */
  readonly failure: SocketFailure | undefined;
}

/**
 * A socket that could not be opened, or that was not there any more. Code `SOCKET_FAILED`,
 * `SOCKET_CLOSED`, `SOCKET_OVERFLOW`, `SOCKET_SILENT`, `SOCKET_QUEUE_FULL` or `SOCKET_UNSENT`; `cause` is what the platform said, if it did.
 */
export class SocketError extends AsupersyncError {
  /** How it was closed; undefined while that is still to come. */
  readonly close: SocketClose | undefined;

  /** @internal */
  constructor(
    code: ErrorCode,
    received: string,
    close: SocketClose | undefined,
    details?: ErrorDetails,
  ) {
    super(code, received, details);
    this.close = close;
  }

  static {
    SocketError.prototype.name = "SocketError";
  }
}

/**
 * A reconnecting socket ended with messages that it had accepted and not sent, and nobody waited for how it
 * ended. Code `SOCKET_UNSENT`; `cause` is why they could not be sent, where that is known.
 */
export class UnsentError extends SocketError {
  /** How many. */
  readonly unsent: number;

  /** @internal */
  constructor(label: string, unsent: number, cause: unknown) {
    const received = `${label}, which ended with ${unsent} accepted and not sent`;
    const close = cause instanceof SocketError ? cause.close : undefined;
    super("SOCKET_UNSENT", received, close, cause === undefined ? undefined : { cause });
    this.unsent = unsent;
  }

  static {
    UnsentError.prototype.name = "UnsentError";
  }
}

/**
 * Whether nothing went wrong for who receives: we closed it, whether or not the peer answered, or the peer
 * did with 1000 (normal), 1001 (it goes away) or without a code.
 */
export function isNormal({ by, code, failure }: SocketClose): boolean {
  if (by !== "peer") return failure === undefined || failure === "unanswered";
  return code === CloseCode.normal || code === CloseCode.goingAway || code === CloseCode.none;
}

/** The error of a socket that is closing or closed, for those who still want something of it. */
export function closedError(label: string, close: SocketClose | undefined): SocketError {
  if (close === undefined) {
    return new SocketError("SOCKET_CLOSED", `${label}, which is closing`, close);
  }
  const { code, reason, by, failure } = close;
  const text = reason === "" ? "" : ` ${JSON.stringify(reason)}`;
  const received = `${label}, ${HOW[failure ?? by]} (code ${code}${text})`;
  return new SocketError(CODES[failure ?? "lost"], received, close);
}

/** How a socket ended, in words that need no others: a production build has only these. */
const HOW: { readonly [W in SocketClose["by"] | SocketFailure]: string } = {
  us: "closed by this side",
  peer: "closed by the peer",
  failure: "which failed",
  refused: "refused or not reached",
  lost: "whose connection was lost",
  unanswered: "closed by this side and not answered by the peer",
  overflow: "closed because more came than was received",
  silent: "closed because the peer was silent at a heartbeat",
};

const CODES: { readonly [F in SocketFailure]: ErrorCode } = {
  refused: "SOCKET_FAILED",
  lost: "SOCKET_CLOSED",
  unanswered: "SOCKET_CLOSED",
  overflow: "SOCKET_OVERFLOW",
  silent: "SOCKET_SILENT",
};
