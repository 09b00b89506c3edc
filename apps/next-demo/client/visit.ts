/** This tab's name at the server, and the addresses that carry it. */
import { VISIT_PARAM, VISIT_PATTERN } from "@/shared/visit-param";

const STORAGE_KEY = "asupersync-demo-visit";

let visit: string | undefined;

/** The address of a route of this server, so that its ledger knows which tab asked. */
export function api(path: string, params: Record<string, string> = {}): string {
  return `${path}?${new URLSearchParams({ ...params, [VISIT_PARAM]: visitOfTab() })}`;
}

/** Kept for the tab, so that the page after a reload still shows what the server saw before it. */
function visitOfTab(): string {
  visit ??= readStored() ?? store(randomVisit());
  return visit;
}

function readStored(): string | undefined {
  try {
    const stored = sessionStorage.getItem(STORAGE_KEY) ?? "";
    return VISIT_PATTERN.test(stored) ? stored : undefined;
  } catch {
    // Storage may be forbidden by the browser's settings: the visit then ends with the page.
    return undefined;
  }
}

function store(fresh: string): string {
  try {
    sessionStorage.setItem(STORAGE_KEY, fresh);
  } catch {
    // As above.
  }
  return fresh;
}

/** `crypto.randomUUID` needs https, which a phone on the same network does not have. */
function randomVisit(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
