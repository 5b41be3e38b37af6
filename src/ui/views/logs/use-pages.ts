/** The lines of a query, a page at a time; the old ones stay on view until the first page of another question is there. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { tenant } from '../../api/http.ts';
import { queryLogs } from '../../api/loki.ts';
import type { Direction } from '../../api/loki-data.ts';
import { useStore } from '../../store.ts';
import type { Bounds } from '../../time/range.ts';
import { firstQuestion, type LogPages, withPage } from './log-pages.ts';

export interface ShownPages {
  readonly pages: LogPages | undefined;
  readonly error: Error | undefined;
  readonly isLoading: boolean;
  /** Whether the lines are still those of the question before. */
  readonly isStale: boolean;
  /** The next page, where there is one and none is awaited. */
  more(): void;
}

interface State {
  readonly pages: LogPages | undefined;
  readonly error: Error | undefined;
  readonly isLoading: boolean;
  readonly isStale: boolean;
}

/** `bounds` are another object where the same range is to be looked at again. */
export function usePages(query: string, bounds: Bounds, direction: Direction, limit: number): ShownPages {
  const [state, setState] = useState<State>({
    pages: undefined,
    error: undefined,
    isLoading: true,
    isStale: false,
  });
  const who = useStore(tenant);
  const gone = useRef(new AbortController());
  const isAsking = useRef(false);
  const ask = (pages: LogPages) => {
    const question = pages.next;
    if (!question || isAsking.current) return;
    const { signal } = gone.current;
    isAsking.current = true;
    setState((last) => ({ ...last, isLoading: true, isStale: pages.rows.length === 0 }));
    queryLogs(question, signal).then(
      (answer) => {
        if (signal.aborted) return;
        isAsking.current = false;
        setState({
          pages: withPage(pages.rows, question, answer),
          error: undefined,
          isLoading: false,
          isStale: false,
        });
      },
      (error: Error) => {
        if (signal.aborted) return;
        isAsking.current = false;
        // Lines that are on view are right whatever became of the next ones.
        setState({
          pages: pages.rows.length > 0 ? pages : undefined,
          error,
          isLoading: false,
          isStale: false,
        });
      },
    );
  };
  useEffect(() => {
    gone.current = new AbortController();
    isAsking.current = false;
    ask({ rows: [], next: firstQuestion(query, bounds, direction, limit) });
    return () => gone.current.abort();
  }, [query, bounds, direction, limit, who]);
  return { ...state, more: () => state.pages && ask(state.pages) };
}
