/** Loading as a hook: the last answer stays on view while the next one is awaited. */

import { useEffect, useState } from 'preact/hooks';
import { useStore } from '../store.ts';
import { tenant } from './http.ts';

export interface Loaded<T> {
  /** The last answer; undefined before the first, and after an error. */
  readonly data: T | undefined;
  readonly error: Error | undefined;
  readonly loading: boolean;
}

/**
 * Asks when the component appears and whenever one of `inputs` or the tenant changes; an answer that nobody waits for any more is
 * dropped and its request ended. `ask` may return undefined: then there is nothing to ask.
 */
export function useLoad<T>(
  ask: (signal: AbortSignal) => Promise<T> | undefined,
  inputs: readonly unknown[],
): Loaded<T> {
  const [state, setState] = useState<Loaded<T>>({ data: undefined, error: undefined, loading: true });
  const who = useStore(tenant);
  useEffect(() => {
    const gone = new AbortController();
    const asked = ask(gone.signal);
    if (!asked) {
      setState({ data: undefined, error: undefined, loading: false });
      return;
    }
    setState((last) => ({ ...last, loading: true }));
    asked.then(
      (data) => gone.signal.aborted || setState({ data, error: undefined, loading: false }),
      (error: Error) => gone.signal.aborted || setState({ data: undefined, error, loading: false }),
    );
    return () => gone.abort();
  }, [...inputs, who]);
  return state;
}
