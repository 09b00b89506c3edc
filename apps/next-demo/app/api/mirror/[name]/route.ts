/**
 * One of two mirrors of a file. In each round one of them is fast and the other slow, by turns:
 * the race stays a race to the page, and its end is never a coin toss.
 */
import { slowResponse } from "@/server/slow-response";
import { MIRROR_PIECE_BYTES, MIRROR_PIECES, MIRRORS, type Mirror } from "@/shared/mirror";

export const runtime = "nodejs";
export const dynamic = "force-dynamic";

const FAST_PIECE_MS = 70;
const SLOW_PIECE_MS = 230;
const PIECE = `${".".repeat(MIRROR_PIECE_BYTES - 1)}\n`;

export async function GET(
  request: Request,
  { params }: { params: Promise<{ name: string }> },
): Promise<Response> {
  const { name } = await params;
  const index = MIRRORS.indexOf(name as Mirror);
  if (index === -1) {
    return Response.json({ error: `expected one of ${MIRRORS.join(", ")}` }, { status: 404 });
  }
  const round = Number(new URL(request.url).searchParams.get("round"));
  const isFast = Number.isSafeInteger(round) && (round + index) % MIRRORS.length === 0;
  const afterMs = isFast ? FAST_PIECE_MS : SLOW_PIECE_MS;
  return slowResponse(request, {
    label: `mirror ${name}`,
    contentType: "text/plain; charset=utf-8",
    pieces: Array.from({ length: MIRROR_PIECES }, () => ({ afterMs, text: PIECE })),
  });
}
