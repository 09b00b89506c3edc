/** Owns which build this is: development, which a host gets that resolves the condition `development`. */

/** Whether misuse is looked for that a production build does not pay for. */
export const IS_DEVELOPMENT: boolean = true;
