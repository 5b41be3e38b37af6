/** Long lists a piece at a time: a page of thousands of rows is slow, and nobody reads it. */

import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { formatCount } from '../format/number.ts';

export interface Capped<T> {
  readonly shown: readonly T[];
  /** A button for the next piece; null where all is shown. */
  readonly more: VNode | null;
}

/** `what` is the plural of an item. */
export function useCapped<T>(items: readonly T[], step: number, what: string): Capped<T> {
  const [max, setMax] = useState(step);
  if (items.length <= max) return { shown: items, more: null };
  const more = (
    <p class="more">
      <button type="button" onClick={() => setMax(max + step)}>
        Show {formatCount(Math.min(step, items.length - max))} more
      </button>{' '}
      <span class="faint">
        {formatCount(max)} of {formatCount(items.length)} {what}
      </span>
    </p>
  );
  return { shown: items.slice(0, max), more };
}
