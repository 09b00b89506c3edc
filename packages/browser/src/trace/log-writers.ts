/** Owns the two usual ends of a log: a console, and lines of JSON. */
import { checkListener } from "../validate.js";
import type { LogLevel, LogRecord } from "./log-record.js";

/** The part of a console that is written to. */
export type LogConsole = Pick<Console, "debug" | "info" | "warn" | "error">;

const METHODS: { readonly [L in LogLevel]: keyof LogConsole } = {
  trace: "debug",
  debug: "debug",
  info: "info",
  warn: "warn",
  error: "error",
};

/**
 * A `write` for {@link logSink} that says each record on a console: one line, then the fields as an
 * object that unfolds.
 *
 * @param target Default: the global console.
 */
export function consoleWriter(target: LogConsole = console): (record: LogRecord) => void {
  return ({ level, target: who, task, scope, message, fields }) => {
    const where = [scope, task].filter((label) => label !== undefined).join("/");
    const line = `${level.toUpperCase().padEnd(5)} ${who}${where === "" ? "" : ` ${where}`}: ${message}`;
    if (Object.keys(fields).length === 0) target[METHODS[level]](line);
    else target[METHODS[level]](line, fields);
  };
}

/**
 * A `write` for {@link logSink} that makes each record one line of JSON, without a line break at its end.
 *
 * @param writeLine Takes the line: appends it to a file, a buffer, a request.
 * @throws {AsupersyncError} `INVALID_ARGUMENT`.
 */
export function jsonLinesWriter(writeLine: (line: string) => void): (record: LogRecord) => void {
  checkListener(writeLine, "writeLine");
  return (record) => writeLine(JSON.stringify(record));
}
