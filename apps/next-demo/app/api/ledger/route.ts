/**
 * Hands the ledger of one visit to the page: as a stream of events, or once as JSON.
 *
 * These requests are not in the list themselves.
 */
import { entriesOf, subscribe } from "@/server/ledger";
import { visitOf } from "@/server/visit";

export const runtime = "nodejs";
export const dynamic = "force-dynamic";

/** Bytes are counted many times a second; a person reads a few lists a second. */
const BATCH_MS = 60;
/** A comment on the line now and then shows a dead connection to whoever holds it. */
const HEARTBEAT_MS = 15_000;

export function GET(request: Request): Response {
  const visit = visitOf(new URL(request.url));
  const wantsEvents = request.headers.get("accept")?.includes("text/event-stream") === true;
  if (!wantsEvents) {
    return Response.json(entriesOf(visit), { headers: { "cache-control": "no-store" } });
  }
  return new Response(eventsOf(visit, request.signal), {
    headers: {
      "content-type": "text/event-stream",
      "cache-control": "no-store, no-transform",
    },
  });
}

function eventsOf(visit: string, signal: AbortSignal): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let batch: ReturnType<typeof setTimeout> | undefined;
  let stop = () => {};

  return new ReadableStream<Uint8Array>({
    start(controller) {
      const send = (text: string) => controller.enqueue(encoder.encode(text));
      const sendList = () => {
        batch = undefined;
        send(`data: ${JSON.stringify(entriesOf(visit))}\n\n`);
      };
      const unsubscribe = subscribe(() => {
        batch ??= setTimeout(sendList, BATCH_MS);
      });
      const heartbeat = setInterval(() => send(": still here\n\n"), HEARTBEAT_MS);
      stop = () => {
        unsubscribe();
        clearInterval(heartbeat);
        clearTimeout(batch);
      };
      signal.addEventListener("abort", stop, { once: true });
      sendList();
    },
    cancel: () => stop(),
  });
}
