/**
 * Replays the recorded OTLP requests through the decoder, one configuration at a time, and compares what the
 * recorded answers show of the series: label sets, instant values, histograms, exemplars.
 */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { otlpJsonToProtobuf } from '../../../src/ingest/decode/otlp-json.ts';
import { decodeOtlpMetrics } from '../../../src/ingest/decode/otlp-metrics.ts';
import { DEFAULT_OTLP_OPTIONS, type OtlpTranslationOptions } from '../../../src/model/otlp-options.ts';
import type { RecordedJson } from '../recorded-json.ts';
import { SampleStore } from '../sample-store.ts';

const ROOT = new URL('../../../../shared/golden/prometheus-otlp/', import.meta.url);

const CONFIGURATIONS: Record<string, Partial<OtlpTranslationOptions>> = {
  default: {},
  legacy_labels: { labelNameUnderscoreSanitization: false, labelNamePreserveMultipleUnderscores: false },
  nhcb: { convertHistogramsToNhcb: true },
  no_suffixes: { strategy: 'UnderscoreEscapingWithoutSuffixes' },
  no_translation: { strategy: 'NoTranslation' },
  promote: {
    promoteResourceAttributes: ['service.version', 'k8s.pod.name', 'process.pid'],
    keepIdentifyingResourceAttributes: true,
    promoteScopeMetadata: true,
  },
  promote_all: {
    promoteAllResourceAttributes: true,
    ignoreResourceAttributes: ['telemetry.sdk.language', 'process.pid'],
  },
  utf8_suffixes: { strategy: 'NoUTF8EscapingWithSuffixes' },
};

function lines(path: string): Record<string, RecordedJson>[] {
  return readFileSync(new URL(path, ROOT), 'utf8')
    .trim()
    .split('\n')
    .map((l) => JSON.parse(l));
}

function load(name: string): SampleStore {
  const store = new SampleStore();
  for (const request of lines(`${name}/ingest.jsonl`)) {
    let body: Uint8Array = Buffer.from(request.bodyBase64, 'base64');
    if (request.headers['Content-Encoding'] === 'gzip') body = gunzipSync(body);
    if (request.headers['Content-Type'] === 'application/json') body = otlpJsonToProtobuf('metrics', body);
    const { batch, refused } = decodeOtlpMetrics(body, { ...DEFAULT_OTLP_OPTIONS, ...CONFIGURATIONS[name] });
    assert.deepEqual(refused, []);
    store.add(batch);
  }
  return store;
}

const byKey = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
const sortedObject = (o: object) => Object.fromEntries(Object.entries(o).sort());

for (const name of Object.keys(CONFIGURATIONS)) {
  const skip = existsSync(ROOT) ? false : 'no ../shared beside the repository';
  test(`recorded OTLP requests, ${name}`, { skip }, () => {
    const store = load(name);
    let compared = 0;
    for (const c of lines(`${name}/cases.open.jsonl`)) {
      const { path, query } = c.request;
      const params = Object.fromEntries(query ?? []);
      const data = c.response.body?.data;
      if (path === '/api/v1/series') {
        const got = store.labelSets().map(sortedObject).sort(byKey);
        assert.deepEqual(got, data.map(sortedObject).sort(byKey), c.id);
        compared++;
      } else if (path === '/api/v1/query' && params.query === '{__name__=~".+"}') {
        const got = store
          .instant(Number(params.time) * 1000)
          .map(sortedObject)
          .sort(byKey);
        const want = data.result.map((r: RecordedJson) =>
          sortedObject({ metric: sortedObject(r.metric), ...store.answer(r) }),
        );
        assert.deepEqual(got, want.sort(byKey), c.id);
        compared++;
      } else if (path === '/api/v1/query_exemplars') {
        const want = data.map((d: RecordedJson) => ({
          exemplars: d.exemplars.map((e: RecordedJson) => ({ ...e, labels: sortedObject(e.labels) })),
          seriesLabels: sortedObject(d.seriesLabels),
        }));
        assert.deepEqual(store.exemplars().sort(byKey), want.sort(byKey), c.id);
        compared++;
      } else if (/^\/api\/v1\/label\/.*\/values$/.test(path)) {
        const label = path.split('/')[4];
        assert.deepEqual(store.values(label), [...data].sort(), c.id);
        compared++;
      }
    }
    assert.ok(compared >= 3, `${compared} cases compared`);
  });
}
