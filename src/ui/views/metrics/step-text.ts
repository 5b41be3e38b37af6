/** Widths of steps for people, and as they are typed. */

import { formatDuration, parseDuration } from '../../../model/duration.ts';

/** `15s`, `1m30s`, `250ms`. */
export function formatStep(stepMs: number): string {
  return formatDuration(Math.max(1, Math.round(stepMs)));
}

/** In milliseconds; bare numbers are seconds. Undefined where the text is no width. */
export function parseStep(text: string): number | undefined {
  const given = text.trim();
  if (/^\d+(\.\d+)?$/.test(given)) return Number(given) > 0 ? Number(given) * 1000 : undefined;
  try {
    const ms = parseDuration(given);
    return ms > 0 ? ms : undefined;
  } catch {
    return undefined;
  }
}
