/** An appender that keeps everything in a `SampleStore`. */

import type { MetricAppender } from '../../src/storage/interface.ts';
import type { SampleStore } from '../ingest/sample-store.ts';

export function recordingAppender(store: SampleStore): MetricAppender {
  return {
    async append(batch, { skipLateMarkers }) {
      store.add(batch, skipLateMarkers);
      return { accepted: batch.sampleCount, refused: [], durable: Promise.resolve() };
    },
  };
}
