/** The server's own metrics, read again and again while somebody looks; what was read stays when the view changes. */

import { useEffect, useState } from 'preact/hooks';
import { Store, useStore } from '../store.ts';
import { type Readings, withReading } from './own-metrics.ts';
import { ownMetrics } from './status.ts';

/** What views show of them. */
const PATTERN = [
  'trilite_(receiver|tail_dropped|block|database|head|wal|damaged|writer|queries|query_(duration|failures)|slow).*',
  'trilite_blocks',
  'process_(resident_memory_bytes|start_time_seconds)',
  'prometheus_target_scrape_pool_targets',
].join('|');

/** The second one soon, since a rate needs two. */
const SECOND_AFTER_MS = 2000;
const EVERY_MS = 5000;

const kept = new Store<Readings>([]);

export interface LoadedReadings {
  readonly readings: Readings;
  readonly error: Error | undefined;
}

export function useReadings(): LoadedReadings {
  const readings = useStore(kept);
  const [error, setError] = useState<Error>();
  useEffect(() => {
    const gone = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = async () => {
      try {
        if (!document.hidden || kept.get().length === 0) {
          const next = await ownMetrics(PATTERN, gone.signal);
          kept.set(withReading(kept.get(), next));
          setError(undefined);
        }
      } catch (failed) {
        if (!gone.signal.aborted) setError(failed as Error);
      }
      if (!gone.signal.aborted)
        timer = setTimeout(read, kept.get().length === 1 ? SECOND_AFTER_MS : EVERY_MS);
    };
    void read();
    return () => {
      gone.abort();
      clearTimeout(timer);
    };
  }, []);
  return { readings, error };
}
