/** Owns which build this is: production, which every host gets that does not ask for `development`. */

/** Whether misuse is looked for that a production build does not pay for. */
export const IS_DEVELOPMENT: boolean = false;
