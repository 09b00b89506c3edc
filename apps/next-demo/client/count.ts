/** A figure and what it counts, in the singular or the plural. */
export function count(figure: number, name: string): string {
  return `${figure} ${name}${figure === 1 ? "" : "s"}`;
}
