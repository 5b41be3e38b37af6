/**
 * `GET /federate`: the newest sample of every selected series within the lookback, for another server to scrape, in
 * protobuf where that asks for it, else in text. Stale series are left out, and in text native histograms but those with
 * custom buckets. Errors are plain text.
 */

import { utf8Encode } from '../../../base/bytes.ts';
import { TriliteError } from '../../../model/errors.ts';
import { compareText, Labels, METRIC_NAME } from '../../../model/labels.ts';
import { DEFAULT_QUERY_SETTINGS } from '../../../model/query-settings.ts';
import { isStale, wordsOf } from '../../../model/sample.ts';
import { parseSelector } from '../../../query/promql-text.ts';
import type { Service, ServiceContext } from '../../../query/service.ts';
import { SampleColumns, type SeriesSelect } from '../../../storage/interface.ts';
import { textAnswer } from '../../error-answer.ts';
import { Params } from '../../params.ts';
import { familiesOf, type Newest } from './family.ts';
import { contentTypeOf, type ExpositionFormat, negotiate } from './format.ts';
import { expositionMessages } from './protobuf.ts';
import { expositionText, isTextual } from './text.ts';

export const federateService: Service = async (request, context) => {
  let selectors: SeriesSelect['matchers'][];
  try {
    selectors = new Params(request.params).all('match[]').map(parseSelector);
  } catch (error) {
    if (!(error instanceof TriliteError)) throw error;
    return textAnswer(400, `${error.message}\n`);
  }
  const format = negotiate(request.headers.accept);
  const { lookbackMs } = context.query ?? DEFAULT_QUERY_SETTINGS;
  const range = { minMs: request.nowMs - lookbackMs, maxMs: request.nowMs };
  const found = new Map<string, Newest>();
  for (const matchers of selectors) await collectNewest({ matchers, ...range }, context, format, found);
  const families = familiesOf(
    [...found.values()].sort(byName),
    context.externalLabels ?? Labels.EMPTY,
    format,
  );
  const body =
    format.form === 'protobuf' ? expositionMessages(families) : utf8Encode(expositionText(families));
  return { status: 200, contentType: contentTypeOf(format), body };
};

async function collectNewest(
  select: SeriesSelect,
  context: ServiceContext,
  format: ExpositionFormat,
  into: Map<string, Newest>,
): Promise<void> {
  const columns = new SampleColumns();
  const cursor = await context.storage.metrics.select(select, context.signal);
  try {
    while (await cursor.nextBatch()) {
      while (cursor.next()) {
        cursor.read(columns);
        let last = columns.count - 1;
        while (last >= 0 && columns.timestamps[last]! > select.maxMs) last--;
        if (last < 0 || columns.timestamps[last]! < select.minMs) continue;
        const histogram = columns.histograms?.[last];
        if (histogram ? histogram.stale : isStale(wordsOf(columns.values), last)) continue;
        if (histogram && format.form === 'text' && !isTextual(histogram)) continue;
        const labels = cursor.labels();
        const sample = { timestampMs: columns.timestamps[last]!, value: columns.values[last]! };
        into.set(labels.key(), { labels, histogram, ...sample });
      }
    }
  } finally {
    cursor.close();
  }
}

function byName(a: Newest, b: Newest): number {
  return compareText(a.labels.get(METRIC_NAME), b.labels.get(METRIC_NAME)) || a.labels.compare(b.labels);
}
