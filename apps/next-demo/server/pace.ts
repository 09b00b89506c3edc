/** How slow the slow server is. */

/**
 * 1 for people. The browser tests set a larger figure, so that a request is still on its way when
 * they cancel it, however slow the machine is.
 */
export function pace(): number {
  const asked = Number(process.env.ASUPERSYNC_DEMO_PACE ?? 1);
  return Number.isFinite(asked) && asked > 0 ? asked : 1;
}
