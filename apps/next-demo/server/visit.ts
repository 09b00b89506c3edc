/** Reads which tab a request came from. What a browser sends is not trusted: it is checked here. */
import { VISIT_PARAM, VISIT_PATTERN } from "@/shared/visit-param";

/** The visit named in the address, or `"unknown"`. */
export function visitOf(url: URL): string {
  const visit = url.searchParams.get(VISIT_PARAM) ?? "";
  return VISIT_PATTERN.test(visit) ? visit : "unknown";
}
