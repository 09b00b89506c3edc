/** One row of the slow report, one JSON line of its response. */
export interface ReportRow {
  readonly week: number;
  /** How many weeks the whole report has. */
  readonly of: number;
  readonly calls: number;
}
