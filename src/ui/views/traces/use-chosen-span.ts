/** The chosen span: by its row while the page is open, by its id in the address. */

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { setParams, usePlace } from '../../location.ts';
import type { SpanTree } from './span-tree.ts';
import { traceAddress } from './trace-address.ts';

/** Browsers refuse addresses that change many times a second, as they do while a key is held down. */
const WRITTEN_AFTER_MS = 200;

export interface ChosenSpan {
  /** Its row. */
  readonly chosen: number | undefined;
  choose(row: number | undefined): void;
}

export function useChosenSpan(tree: SpanTree): ChosenSpan {
  const { span } = traceAddress(usePlace().params);
  const [chosen, setChosen] = useState<number>();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    const padded = span?.padStart(16, '0');
    setChosen((last) => {
      // Of several spans with one id the one that was chosen.
      if (last !== undefined && tree.rows[last]?.span.id === padded) return last;
      const found = tree.rows.findIndex((row) => row.span.id === padded);
      return found < 0 ? undefined : found;
    });
  }, [tree, span]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const choose = useCallback(
    (row: number | undefined) => {
      setChosen(row);
      clearTimeout(timer.current);
      const id = row === undefined ? undefined : tree.rows[row]!.span.id;
      timer.current = setTimeout(() => setParams({ span: id }, { replace: true }), WRITTEN_AFTER_MS);
    },
    [tree],
  );
  return { chosen, choose };
}
