/** Searches the chemical elements, slowly: a hit at a time, as a database under load would. */
import { searchElements } from "@/server/elements";
import { type Piece, slowResponse } from "@/server/slow-response";
import { QUERY_CHARS_MAX } from "@/shared/element";

export const runtime = "nodejs";
export const dynamic = "force-dynamic";

const FIRST_HIT_MS = 420;
const NEXT_HIT_MS = 60;

export function GET(request: Request): Response {
  const asked = new URL(request.url).searchParams.get("q") ?? "";
  const query = asked.trim().slice(0, QUERY_CHARS_MAX);
  return slowResponse(request, {
    label: `search “${query}”`,
    contentType: "application/json",
    pieces: jsonArray(searchElements(query)),
  });
}

/** One JSON array, cut between its items. */
function jsonArray(items: readonly unknown[]): Piece[] {
  const open = { afterMs: FIRST_HIT_MS, text: "[" };
  const rest = items.map((item, index) => ({
    afterMs: NEXT_HIT_MS,
    text: `${index === 0 ? "" : ","}${JSON.stringify(item)}`,
  }));
  return [open, ...rest, { afterMs: 0, text: "]" }];
}
