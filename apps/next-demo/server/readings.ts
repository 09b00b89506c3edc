/** The report's rows: how often ships called at a made-up harbour, week by week for a year. */
import type { ReportRow } from "@/shared/report-row";

const WEEKS = 52;

/** The same rows every time, so that two runs of the report can be compared. */
export function readings(): ReportRow[] {
  return Array.from({ length: WEEKS }, (_, index) => ({
    week: index + 1,
    of: WEEKS,
    calls: callsIn(index),
  }));
}

/** Two tides and a summer: a curve that is pleasant to look at and needs no random numbers. */
function callsIn(week: number): number {
  const summer = Math.sin((week / WEEKS) * Math.PI);
  const tide = Math.sin(week * 1.7) * 0.22 + Math.sin(week * 0.6) * 0.12;
  return Math.round(40 + 120 * Math.max(0.05, summer * 0.8 + tide));
}
