/** One mirror's part in the race: it loads the file, and puts its partial file away if it loses. */
import type { Cx } from "@asupersync/browser";
import { api } from "@/client/visit";
import type { Mirror } from "@/shared/mirror";

/** What a download tells while it runs, and for which race. Times are in milliseconds of the runtime. */
export type MirrorEvent = { readonly round: number; readonly mirror: Mirror } & MirrorNews;

type MirrorNews =
  | { readonly kind: "started" | "won" | "draining" | "drained"; readonly at: number }
  | { readonly kind: "received"; readonly bytes: number };

/** As long as a real download might need for its clean-up: enough to be seen. */
const CLEAN_UP_MS = 180;

export async function download(
  cx: Cx,
  mirror: Mirror,
  round: number,
  onEvent: (event: MirrorEvent) => void,
): Promise<Mirror> {
  const tell = (news: MirrorNews) => onEvent({ round, mirror, ...news });
  tell({ kind: "started", at: cx.now });
  let isWhole = false;
  cx.defer(async (cleanUp) => {
    if (isWhole) return;
    tell({ kind: "draining", at: cleanUp.now });
    await cleanUp.sleep(CLEAN_UP_MS);
    tell({ kind: "drained", at: cleanUp.now });
  });
  const response = await cx.fetch(api(`/api/mirror/${mirror}`, { round: String(round) }));
  for await (const chunk of response.body) {
    tell({ kind: "received", bytes: chunk.byteLength });
  }
  isWhole = true;
  tell({ kind: "won", at: cx.now });
  return mirror;
}
