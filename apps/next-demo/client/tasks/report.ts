/** The slow report: rows arrive one by one, and the Cancel button ends it anywhere. */
import { useAsupersyncTask } from "@asupersync/react";
import { jsonLines } from "@/client/tasks/json-lines";
import { api } from "@/client/visit";
import type { ReportRow } from "@/shared/report-row";

/** Makes the report for the `run`-th time; 0 means that nobody has asked for it yet. */
export function useReport(run: number, onRow: (row: ReportRow) => void) {
  return useAsupersyncTask(
    async (cx) => {
      const response = await cx.fetch(api("/api/report"));
      for await (const row of jsonLines<ReportRow>(response.body)) onRow(row);
    },
    [run],
    { enabled: run > 0, label: "report" },
  );
}
