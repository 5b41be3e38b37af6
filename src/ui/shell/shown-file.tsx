/** Says which file is shown, and of which time, where the server shows one. */

import { SHOWN } from '../time/now.ts';
import { setRange } from '../time/use-time.ts';

export function ShownFileBanner() {
  if (!SHOWN) return null;
  const { title, startMs, endMs } = SHOWN;
  const whole = { from: String(Math.floor(startMs)), to: String(Math.ceil(endMs)) };
  return (
    <p class="shown-file" role="note">
      {title} ·{' '}
      <button type="button" class="quiet" title="Show all of it" onClick={() => setRange(whole)}>
        {rangeText(startMs, endMs)}
      </button>{' '}
      · read only
    </p>
  );
}

/** `2026-11-30 04:00–05:00`, of the browser's time zone; the day again where it is another. */
export function rangeText(startMs: number, endMs: number): string {
  const [startDay, startTime] = dayAndTime(startMs);
  const [endDay, endTime] = dayAndTime(endMs);
  return startDay === endDay
    ? `${startDay} ${startTime}–${endTime}`
    : `${startDay} ${startTime} – ${endDay} ${endTime}`;
}

function dayAndTime(ms: number): readonly [day: string, time: string] {
  const at = new Date(ms);
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return [day, `${two(at.getHours())}:${two(at.getMinutes())}`];
}
