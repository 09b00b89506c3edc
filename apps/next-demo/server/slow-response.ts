/**
 * A response that takes its time, and knows the moment at which nobody reads it any more.
 *
 * A disconnect is seen twice, by the request's signal and by the stream's `cancel`; whichever
 * comes first writes the ledger and stops the timer, so no work goes on for a reader who left.
 */
import { arrive } from "@/server/ledger";
import { pace } from "@/server/pace";
import { visitOf } from "@/server/visit";

/** A piece of the body, sent `afterMs` after the piece before it. */
export interface Piece {
  readonly afterMs: number;
  readonly text: string;
}

export interface SlowResponseOptions {
  /** What the ledger calls this request. */
  readonly label: string;
  readonly contentType: string;
  readonly pieces: Iterable<Piece>;
}

export function slowResponse(request: Request, options: SlowResponseOptions): Response {
  const entry = arrive(visitOf(new URL(request.url)), options.label);
  const pieces = options.pieces[Symbol.iterator]();
  const encoder = new TextEncoder();
  let gone = false;
  let endWait: (() => void) | undefined;

  const disconnect = () => {
    gone = true;
    endWait?.();
    entry.abort();
  };
  const wait = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      endWait = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  request.signal.addEventListener("abort", disconnect, { once: true });
  if (request.signal.aborted) disconnect();

  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = pieces.next();
        if (next.done) {
          controller.close();
          entry.finish();
          return;
        }
        await wait(next.value.afterMs * pace());
        if (gone) return;
        const bytes = encoder.encode(next.value.text);
        controller.enqueue(bytes);
        entry.sent(bytes.byteLength);
      },
      cancel: disconnect,
    },
    // Nothing is made ahead of the reader, so the bytes counted are the bytes handed over.
    { highWaterMark: 0 },
  );

  return new Response(body, {
    headers: {
      "content-type": options.contentType,
      // `no-transform` keeps compression from holding pieces back.
      "cache-control": "no-store, no-transform",
    },
  });
}
