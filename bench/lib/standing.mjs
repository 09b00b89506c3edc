/** Where we stand, from the results: every cell in which a library is before us, and every missed bar. */

import { figures, written } from "./figures.mjs";
import { firstOf } from "./results.mjs";
import { alignedTable, barText, isMet, named } from "./table.mjs";

/**
 * Cells in which a library that passes the check is before one of ours, worst first.
 *
 * @param {import("./results.mjs").HostResult[]} results
 * @returns {{ host: string, workload: import("./results.mjs").WorkloadResult,
 *   ours: import("./results.mjs").ContestantResult,
 *   first: import("./results.mjs").ContestantResult }[]}
 */
export function cellsNotFirst(results) {
  return results
    .flatMap(({ host, workloads }) =>
      workloads.flatMap((workload) => {
        const rivals = workload.contestants.filter(({ isLibrary, isOurs }) => isLibrary && !isOurs);
        const first = firstOf(rivals);
        if (first === undefined) return [];
        return workload.contestants
          .filter(({ isOurs, min }) => isOurs && min > first.min)
          .map((ours) => ({ host, workload, ours, first }));
      }),
    )
    .sort((a, b) => b.ours.min / b.first.min - a.ours.min / a.first.min);
}

/** @param {import("./results.mjs").HostResult[]} results @returns {string} Markdown. */
export function standing(results) {
  return [
    "**Where another library is first**",
    hasRivals(results) ? notFirstTable(cellsNotFirst(results)) : "No other library was measured.",
    "**Bars not met**",
    missedTable(results),
  ].join("\n\n");
}

function hasRivals(results) {
  return results.some(({ workloads }) =>
    workloads.some(({ contestants }) =>
      contestants.some(({ isLibrary, isOurs }) => isLibrary && !isOurs),
    ),
  );
}

function notFirstTable(cells) {
  if (cells.length === 0) return "Nowhere, of the libraries that pass the check.";
  const rows = cells.map(({ host, workload, ours, first }) => [
    `${workload.id}, ${host}`,
    ours.title,
    written(ours.min),
    named(first),
    written(first.min),
    figures[workload.figure].unit,
    (ours.min / first.min).toFixed(2),
  ]);
  return alignedTable([["cell", "ours", "figure", "first", "figure", "unit", "×"], ...rows]);
}

function missedTable(results) {
  const rows = results.flatMap(({ host, workloads }) =>
    workloads.flatMap(({ id, figure, contestants }) =>
      contestants.flatMap(({ title, bars }) =>
        bars
          .filter((bar) => !isMet(bar))
          .map((bar) => [
            `${id}, ${host}`,
            title,
            barText(bar, figures[figure].unit),
            written(bar.actual),
          ]),
      ),
    ),
  );
  if (rows.length === 0) return "All are met.";
  return alignedTable([["cell", "ours", "bar", "measured"], ...rows]);
}
