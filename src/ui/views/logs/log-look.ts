/** How lines are shown: what the address says, and the keys that change it. */

import { useMemo } from 'preact/hooks';
import type { Direction } from '../../api/loki-data.ts';
import { place, setParams, usePlace } from '../../location.ts';
import { type KeyAction, useKeys } from '../../shell/keys.ts';
import { filteredValue } from './logql-edit.ts';

export const LIMITS: readonly number[] = [100, 500, 1000, 2000, 5000];
const LIMIT_DEFAULT = 1000;

export interface LogLook {
  readonly direction: Direction;
  readonly limit: number;
  readonly wraps: boolean;
  readonly isColoured: boolean;
}

export function useLook(query: string): LogLook {
  const { params } = usePlace();
  const limit = Number(params.get('limit'));
  const keys = useMemo<readonly KeyAction[]>(
    () => [
      { keys: 'o', what: 'Newest or oldest lines first', run: () => toggleOrder(query) },
      { keys: 'w', what: 'Wrap lines, or not', run: toggleWrap },
    ],
    [query],
  );
  useKeys(keys);
  return {
    direction: directionOf(params, query),
    limit: LIMITS.includes(limit) ? limit : LIMIT_DEFAULT,
    wraps: params.get('wrap') === '1',
    isColoured: params.get('ansi') !== '0',
  };
}

/** The lines of one trace are a story: it is told from its beginning. */
function directionOf(params: URLSearchParams, query: string): Direction {
  const given = params.get('dir');
  if (given === 'forward' || given === 'backward') return given;
  return filteredValue(query, 'trace_id') === undefined ? 'backward' : 'forward';
}

export function toggleOrder(query: string): void {
  const now = directionOf(place().params, query);
  setParams({ dir: now === 'forward' ? 'backward' : 'forward' }, { replace: true });
}

export function toggleWrap(): void {
  setParams({ wrap: place().params.get('wrap') === '1' ? undefined : '1' }, { replace: true });
}

export function toggleColours(): void {
  setParams({ ansi: place().params.get('ansi') === '0' ? undefined : '0' }, { replace: true });
}
