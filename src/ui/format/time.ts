/** Moments for people, in the browser's time zone. */

const DAY_MS = 86_400_000;

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** `2026-01-31 12:00:05.123`; without the date where it is that of `besideMs`. */
export function formatMoment(ms: number, besideMs?: number): string {
  const date = new Date(ms);
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  const thousandths = String(date.getMilliseconds()).padStart(3, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const isSameDay = besideMs !== undefined && new Date(besideMs).toDateString() === date.toDateString();
  return `${isSameDay ? '' : `${day} `}${clock}.${thousandths}`;
}

/** `12 s ago`, `in 5 min`, `3 d ago`. */
export function formatAgo(ms: number, nowMs: number): string {
  const distance = Math.abs(nowMs - ms);
  const text = formatSpan(distance);
  return ms <= nowMs ? `${text} ago` : `in ${text}`;
}

function formatSpan(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 2 * DAY_MS) return `${Math.round(ms / 3_600_000)} h`;
  return `${Math.round(ms / DAY_MS)} d`;
}
