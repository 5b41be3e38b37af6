/**
 * Label names made from keys of a line: other characters than `[A-Za-z0-9_]` become `_`, a leading digit gets a
 * `_` before it. Lines of one service repeat their keys, so results are kept.
 */

/** Beyond this many distinct keys the memory is dropped and begun again. */
const CACHE_MAX = 4096;

const cache = new Map<string, string>();

/** '' where nothing is left of the key. */
export function labelName(key: string): string {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const trimmed = key.trim();
  const clean = trimmed.replace(/[^A-Za-z0-9_]/gu, '_');
  const name = /^[0-9]/.test(clean) ? `_${clean}` : clean;
  if (cache.size >= CACHE_MAX) cache.clear();
  cache.set(key, name);
  return name;
}

/** A part of a nested key: as `labelName`, but a digit may lead. */
export function nestedPart(key: string): string {
  return /^[A-Za-z0-9_]*$/.test(key) ? key : key.trim().replace(/[^A-Za-z0-9_]/gu, '_');
}
