/** The query parameter by which a tab names itself to the server, and the only shape it may have. */
export const VISIT_PARAM = "visit";
export const VISIT_PATTERN = /^[0-9a-f]{16}$/;
