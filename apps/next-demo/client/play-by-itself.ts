/** Whether the demonstration starts by itself: once a page load, and not for who wants calm. */
let hasPlayed = false;

/** True at most once; false for people who asked their system for reduced motion. */
export function shouldPlayByItself(): boolean {
  if (hasPlayed) return false;
  hasPlayed = true;
  return !matchMedia("(prefers-reduced-motion: reduce)").matches;
}
