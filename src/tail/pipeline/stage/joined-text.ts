/** Text put together from lines, of which nobody says how many come. */

/** Characters of a joined line; what comes beyond is left out. No sender's limit lets a longer one through. */
export const JOINED_MAX_CHARS = 4 << 20;

/** `a`, what is `between`, and `b`, within the limit. */
export function join(a: string, between: string, b: string): string {
  if (a.length + between.length + b.length <= JOINED_MAX_CHARS) return a + between + b;
  return (a + between + b.slice(0, Math.max(0, JOINED_MAX_CHARS - a.length))).slice(0, JOINED_MAX_CHARS);
}
