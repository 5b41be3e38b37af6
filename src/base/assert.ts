/**
 * Assertions for states that no input can bring about. A message starts with `BUG:`, so that a report tells
 * at once whose fault it is: bad input and a damaged disk have errors of their own (`model/errors.ts`).
 */

export class BugError extends Error {
  override name = 'BugError';
}

/** Throws `BUG: message` unless `condition` holds. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new BugError(`BUG: ${message}`);
}

/** Marks a branch that the types rule out. */
export function unreachable(value: never, what: string): never {
  throw new BugError(`BUG: unexpected ${what}: ${String(value)}`);
}
