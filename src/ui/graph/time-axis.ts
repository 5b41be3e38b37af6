/** What stands at the time axis: the clock with 24 hours, and the date where it changes. */

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** How much room a label needs: a date and a clock in two lines. */
export const TIME_LABEL_PX = 56;

/** Of moments in milliseconds, `stepMs` apart. */
export function timeLabels(
  _plot: unknown,
  momentsMs: readonly number[],
  _axis?: number,
  _space?: number,
  stepMs = MINUTE_MS,
): string[] {
  let lastDay = '';
  return momentsMs.map((ms) => {
    const date = new Date(ms);
    const day = `${two(date.getMonth() + 1)}-${two(date.getDate())}`;
    if (stepMs >= DAY_MS) return day;
    const seconds = stepMs < MINUTE_MS ? `:${two(date.getSeconds())}` : '';
    const fraction = stepMs < 1000 ? `.${String(date.getMilliseconds()).padStart(3, '0')}` : '';
    const clock = `${two(date.getHours())}:${two(date.getMinutes())}${seconds}${fraction}`;
    const isNewDay = day !== lastDay;
    lastDay = day;
    return isNewDay ? `${clock}\n${day}` : clock;
  });
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
