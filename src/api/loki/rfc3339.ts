/** Times as the older API writes them. */

/** In UTC, to the nanosecond, without trailing zeros. */
export function rfc3339(ms: number, ns: number): string {
  const seconds = new Date(ms).toISOString().slice(0, 19);
  const nanos = (((ms % 1000) + 1000) % 1000) * 1e6 + ns;
  return nanos === 0 ? `${seconds}Z` : `${seconds}.${String(nanos).padStart(9, '0').replace(/0+$/, '')}Z`;
}
