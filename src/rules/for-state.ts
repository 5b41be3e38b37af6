/**
 * What alerts of a process before this one left behind: the newest sample of each `ALERTS_FOR_STATE` series of a rule,
 * which says since when its alert has been active. Runs in a reader thread; `restore.ts` makes use of it.
 */

import { ByteReader, ByteWriter } from '../base/bytes.ts';
import { Labels, METRIC_NAME } from '../model/labels.ts';
import { Matcher } from '../model/matcher.ts';
import { isStale } from '../model/sample.ts';
import type { ServiceContext } from '../query/service.ts';
import { SampleColumns } from '../storage/interface.ts';

export const FOR_STATE_NAME = 'ALERTS_FOR_STATE';

/** Body of `rules.for_state`. */
export interface ForStateQuery {
  readonly alert: string;
  /** Labels of the rule; those with a template in them say nothing of the series. */
  readonly labels: Readonly<Record<string, string>>;
  readonly minMs: number;
  readonly maxMs: number;
}

/** An alert that was active when the process before this one ended. */
export interface ForState {
  /** Of the alert, without the metric's name. */
  readonly labels: Labels;
  /** When it was evaluated last. */
  readonly timestampMs: number;
  readonly activeAtSeconds: number;
}

/** As `decodeForState` reads them. */
export async function readForState(query: ForStateQuery, context: ServiceContext): Promise<Uint8Array> {
  const { alert, labels, minMs, maxMs } = query;
  const matchers = [new Matcher('=', METRIC_NAME, FOR_STATE_NAME)];
  for (const [name, value] of Object.entries({ ...labels, alertname: alert })) {
    if (!value.includes('{{')) matchers.push(new Matcher('=', name, value));
  }
  const cursor = await context.storage.metrics.select({ matchers, minMs, maxMs }, context.signal);
  const out = new ByteWriter();
  const columns = new SampleColumns();
  try {
    while (await cursor.nextBatch()) {
      while (cursor.next()) {
        const last = newestWithin(columns, cursor.read(columns), minMs, maxMs);
        // An alert that ended before the process did has a marker.
        if (last < 0 || isStale(columns.words, last)) continue;
        cursor.labels().without(METRIC_NAME).writeTo(out);
        out.f64(columns.timestamps[last]!);
        out.f64(columns.values[last]!);
      }
    }
  } finally {
    cursor.close();
  }
  return out.take();
}

function newestWithin(columns: SampleColumns, count: number, minMs: number, maxMs: number): number {
  for (let i = count - 1; i >= 0; i--) {
    const t = columns.timestamps[i]!;
    if (t <= maxMs) return t >= minMs ? i : -1;
  }
  return -1;
}

export function decodeForState(body: Uint8Array): ForState[] {
  const input = new ByteReader(body);
  const out: ForState[] = [];
  while (!input.done) {
    const labels = Labels.readFrom(input);
    out.push({ labels, timestampMs: input.f64(), activeAtSeconds: input.f64() });
  }
  return out;
}
