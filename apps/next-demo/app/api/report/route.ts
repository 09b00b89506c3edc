/** Streams a slow report as JSON lines, one row a line. */
import { readings } from "@/server/readings";
import { slowResponse } from "@/server/slow-response";

export const runtime = "nodejs";
export const dynamic = "force-dynamic";

const ROW_MS = 220;

export function GET(request: Request): Response {
  return slowResponse(request, {
    label: "report",
    contentType: "application/x-ndjson",
    pieces: readings().map((row) => ({ afterMs: ROW_MS, text: `${JSON.stringify(row)}\n` })),
  });
}
