/** One mirror's part in the race: it loads the file, and puts its partial file away if it loses. */
import type { Cx } from "@asupersync/browser";
import { api } from "@/client/visit";
import type { Mirror } from "@/shared/mirror";

/** What a download tells while it runs. Times are in milliseconds of the runtime. */
export type MirrorEvent =
  | { readonly kind: "started"; readonly mirror: Mirror; readonly at: number }
  | { readonly kind: "received"; readonly mirror: Mirror; readonly bytes: number }
  | { readonly kind: "won"; readonly mirror: Mirror; readonly at: number }
  | { readonly kind: "draining"; readonly mirror: Mirror; readonly at: number }
  | { readonly kind: "drained"; readonly mirror: Mirror; readonly at: number };

/** As long as a real download might need for its clean-up: enough to be seen. */
const CLEAN_UP_MS = 180;

export async function download(
  cx: Cx,
  mirror: Mirror,
  round: number,
  tell: (event: MirrorEvent) => void,
): Promise<Mirror> {
  tell({ kind: "started", mirror, at: cx.now });
  let isWhole = false;
  cx.defer(async (cleanUp) => {
    if (isWhole) return;
    tell({ kind: "draining", mirror, at: cleanUp.now });
    await cleanUp.sleep(CLEAN_UP_MS);
    tell({ kind: "drained", mirror, at: cleanUp.now });
  });
  const response = await cx.fetch(api(`/api/mirror/${mirror}`, { round: String(round) }));
  for await (const chunk of response.body) {
    tell({ kind: "received", mirror, bytes: chunk.byteLength });
  }
  isWhole = true;
  tell({ kind: "won", mirror, at: cx.now });
  return mirror;
}
