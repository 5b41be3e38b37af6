/**
 * `GET /federate`: the newest sample of every selected series as text exposition 0.0.4, for another server to
 * scrape. Stale series and native histograms are left out; names that the format cannot hold are escaped.
 */

import { utf8Encode } from '../../base/bytes.ts';
import { compareText, type Labels, METRIC_NAME } from '../../model/labels.ts';
import { isStale, wordsOf } from '../../model/sample.ts';
import { DEFAULT_LOOKBACK_MS } from '../../query/engine.ts';
import { parseMatch } from '../../query/promql-text.ts';
import type { Service, ServiceContext } from '../../query/service.ts';
import { SampleColumns, type SeriesSelect } from '../../storage/interface.ts';
import { sampleText } from '../json-writer.ts';
import { Params } from '../params.ts';

const TEXT_TYPE = 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores';

interface Newest {
  readonly labels: Labels;
  readonly timestampMs: number;
  readonly value: number;
}

export const federateService: Service = async (request, context) => {
  const maxMs = request.nowMs;
  const minMs = maxMs - DEFAULT_LOOKBACK_MS + 1;
  const found = new Map<string, Newest>();
  for (const text of new Params(request.params).all('match[]')) {
    await collectNewest({ matchers: parseMatch(text), minMs, maxMs }, context, found);
  }
  const sorted = [...found.values()].sort(byName);
  return { status: 200, contentType: TEXT_TYPE, body: utf8Encode(exposition(sorted)) };
};

async function collectNewest(
  select: SeriesSelect,
  context: ServiceContext,
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
        if (last < 0 || columns.timestamps[last]! < select.minMs || columns.histograms?.[last]) continue;
        if (isStale(wordsOf(columns.values), last)) continue;
        const labels = cursor.labels();
        const newest = { labels, timestampMs: columns.timestamps[last]!, value: columns.values[last]! };
        into.set(labels.key(), newest);
      }
    }
  } finally {
    cursor.close();
  }
}

function byName(a: Newest, b: Newest): number {
  return compareText(a.labels.get(METRIC_NAME), b.labels.get(METRIC_NAME)) || a.labels.compare(b.labels);
}

function exposition(series: readonly Newest[]): string {
  let out = '';
  let lastName: string | undefined;
  for (const { labels, timestampMs, value } of series) {
    const name = escapeName(labels.get(METRIC_NAME), /[^a-zA-Z0-9_:]/g);
    if (name !== lastName) out += `# TYPE ${name} untyped\n`;
    lastName = name;
    out += `${name}{${labelPairs(labels)}} ${sampleText(value)} ${timestampMs}\n`;
  }
  return out;
}

/** The labels without the name; an absent `instance` is named, lest the scraper add its own. */
function labelPairs(labels: Labels): string {
  const parts: string[] = [];
  for (let i = 0; i < labels.pairs.length; i += 2) {
    const name = labels.pairs[i]!;
    if (name === METRIC_NAME) continue;
    const value = labels.pairs[i + 1]!.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));
    parts.push(`${escapeName(name, /[^a-zA-Z0-9_]/g)}="${value}"`);
  }
  if (!labels.has('instance')) parts.push('instance=""');
  return parts.join(',');
}

function escapeName(name: string, foreign: RegExp): string {
  return name.replace(foreign, '_').replace(/^(?=\d)/, '_');
}
