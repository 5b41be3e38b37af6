/**
 * Many different requests to all four data sources, random ones included, read as strictly as Grafana's server reads
 * the answers: whatever is asked, it is answered in a form that is understood.
 */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { makeData } from '../../differential/data.ts';
import { featuresOf } from '../../differential/features.ts';
import { RequestGenerator as JaegerRequests } from '../../differential/jaeger/requests.ts';
import { makeTraces as makeJaegerTraces } from '../../differential/jaeger/traces.ts';
import { pushBody } from '../../differential/logql/pair.ts';
import { RequestGenerator as LokiRequests } from '../../differential/logql/requests.ts';
import { makeStreams } from '../../differential/logql/streams.ts';
import { RequestGenerator as PrometheusRequests } from '../../differential/queries.ts';
import { RequestGenerator as TempoRequests } from '../../differential/traceql/requests.ts';
import { DATA_END_S, DATA_START_S, makeTraces, type TraceData } from '../../differential/traceql/traces.ts';
import { apiUrl, postBody } from '../../support/http-api.ts';
import { LOKI_PUSH_HEADERS } from '../../support/loki-push.ts';
import { REMOTE_WRITE_HEADERS, remoteWriteBody } from '../../support/remote-write.ts';
import { StreamingClient } from '../../support/streaming-client.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';
import * as jaeger from './jaeger-shapes.ts';
import * as loki from './loki-shapes.ts';
import * as prometheus from './prometheus-shapes.ts';
import { assertShape, type Shape } from './shape.ts';
import * as tempo from './tempo-shapes.ts';
import { checkTrace, checkTraceById } from './trace-bytes.ts';

const SEED = 4;
const REQUESTS = Number(process.env.TRILITE_TEST_GRAFANA_REQUESTS ?? 150);
const JAEGER_TRACES = 40;
/** Data of the past stays, and nothing of the server's own comes in between. */
const ARGS = ['--retention', '0'];

interface Asked {
  readonly path: string;
  readonly params: Readonly<Record<string, string | readonly string[]>>;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Reader {
  /** By the beginning of the path; the first that fits. */
  readonly shapes: readonly (readonly [path: string, shape: Shape])[];
  /** Checks an answer that is no success. */
  readonly refusal: (status: number, type: string, body: string) => void;
}

/** Asks and reads the answer; true if it was a success. */
async function ask(base: string, { path, params, headers = {} }: Asked, reader: Reader): Promise<boolean> {
  const url = apiUrl(base, path, params);
  const answer = await fetch(url, { headers });
  const body = await answer.text();
  try {
    if (!answer.ok) {
      reader.refusal(answer.status, answer.headers.get('content-type') ?? '', body);
      return false;
    }
    const shape = reader.shapes.find(([start]) => path.startsWith(start))?.[1];
    assert.ok(shape, `no shape for ${path}`);
    assertShape(body, shape);
    return true;
  } catch (error) {
    throw new Error(`${url}\n${body.slice(0, 2000)}`, { cause: error });
  }
}

const PROMETHEUS: Reader = {
  shapes: [
    ['/api/v1/query_range', prometheus.rangeAnswer],
    ['/api/v1/query_exemplars', prometheus.exemplarsAnswer],
    ['/api/v1/query', prometheus.queryAnswer],
  ],
  refusal: (status, _type, body) => {
    assert.ok(prometheus.ERROR_STATUSES.includes(status), `status ${status}`);
    assertShape(body, prometheus.errorAnswer);
  },
};

/** Plain text is shown as it is, with any status: Loki calls some of what is wrong with a query an error of the server. */
const plainRefusal: Reader['refusal'] = (status, type, body) => {
  assert.ok(status >= 400, `status ${status}`);
  assert.match(type, /^text\/plain/);
  assert.ok(body.trim().length > 0);
};

const LOKI: Reader = {
  shapes: [
    ['/loki/api/v1/query', loki.queryAnswer],
    ['/loki/api/v1/labels', loki.namesAnswer],
    ['/loki/api/v1/label/', loki.namesAnswer],
    ['/loki/api/v1/series', loki.seriesAnswer],
    ['/loki/api/v1/index/stats', loki.statsAnswer],
    ['/loki/api/v1/index/volume', loki.volumeAnswer],
    ['/loki/api/v1/detected_fields', loki.detectedFieldsAnswer],
    ['/loki/api/v1/detected_field/', loki.detectedValuesAnswer],
    ['/loki/api/v1/detected_labels', loki.detectedLabelsAnswer],
    ['/loki/api/v1/patterns', loki.patternsAnswer],
  ],
  refusal: plainRefusal,
};

const TEMPO: Reader = {
  shapes: [
    ['/api/search/tags', tempo.tagsAnswer],
    ['/api/search/tag/', tempo.tagValuesAnswer],
    ['/api/search', tempo.searchAnswer],
    ['/api/v2/search/tags', tempo.tagsV2Answer],
    ['/api/v2/search/tag/', tempo.tagValuesV2Answer],
    ['/api/metrics/query_range', tempo.rangeMetricsAnswer],
    ['/api/metrics/query', tempo.instantMetricsAnswer],
  ],
  refusal: plainRefusal,
};

const JAEGER: Reader = {
  shapes: [
    ['/api/traces', jaeger.tracesAnswer],
    ['/api/services', jaeger.namesAnswer],
    ['/api/dependencies', jaeger.dependenciesAnswer],
  ],
  refusal: (status) => assert.ok(status >= 400 && status < 500, `status ${status}`),
};

/** Of `REQUESTS` random requests at least this share must be answered with success, or nothing was tested. */
const ANSWERED = 0.5;

async function askMany(
  base: string,
  reader: Reader,
  request: (n: number) => Asked | undefined,
): Promise<void> {
  let answered = 0;
  let asked = 0;
  for (let n = 0; asked < REQUESTS; n++) {
    const one = request(n);
    if (!one) continue;
    asked++;
    if (await ask(base, one, reader)) answered++;
  }
  assert.ok(answered > REQUESTS * ANSWERED, `${answered} of ${asked} were answered`);
}

const JSON_TYPE = { 'content-type': 'application/json' };

describe('answers are read as strictly as Grafana reads them', () => {
  let own: TemporaryServer;
  let base: string;
  let traces: TraceData;
  before(async () => {
    own = await temporaryServer('scrape_configs: []\n', ARGS);
    base = own.server.base;
    const features = featuresOf('');
    await postBody(`${base}/api/v1/write`, REMOTE_WRITE_HEADERS, remoteWriteBody(makeData(SEED, features)));
    for (const stream of makeStreams(SEED)) {
      await postBody(`${base}/loki/api/v1/push`, LOKI_PUSH_HEADERS, pushBody(stream));
    }
    traces = makeTraces(SEED);
    for (const request of [...traces.requests, ...makeJaegerTraces(SEED, JAEGER_TRACES), ODD_SPANS]) {
      await postBody(`${base}/v1/traces`, JSON_TYPE, JSON.stringify(request));
    }
  });
  after(async () => {
    await own?.dispose();
    assert.doesNotMatch(own.server.stderr(), /request failed/, 'an error of the server itself');
  });

  test('PromQL', async () => {
    const generator = new PrometheusRequests(SEED, featuresOf(''));
    await askMany(base, PROMETHEUS, (n) => {
      const { time, ...rest } = generator.request(n);
      const path = time === undefined ? '/api/v1/query_range' : '/api/v1/query';
      const params = { ...rest, ...(time !== undefined && { time }) };
      return { path, params: Object.fromEntries(Object.entries(params).map(([k, v]) => [k, String(v)])) };
    });
  });

  for (const categorize of [true, false]) {
    test(`LogQL and menus, ${categorize ? 'with' : 'without'} categories`, async () => {
      const generator = new LokiRequests(SEED);
      const headers: Record<string, string> = categorize
        ? { 'X-Loki-Response-Encoding-Flags': 'categorize-labels' }
        : {};
      const query = categorize ? loki.queryAnswer : loki.plainQueryAnswer;
      const shapes: Reader['shapes'] = [['/loki/api/v1/query', query], ...LOKI.shapes];
      await askMany(base, { ...LOKI, shapes }, (n) => {
        const { path, params } = generator.request(n);
        return path.includes('format_query') ? undefined : { path, params, headers };
      });
    });
  }

  test('TraceQL, its metrics and tags', async () => {
    const generator = new TempoRequests(SEED, traces.traceIds);
    await askMany(base, TEMPO, (n) => {
      const { path, params, protobuf } = generator.request(n);
      return protobuf || path.includes('/traces/') ? undefined : { path, params };
    });
  });

  test('traces in Jaeger’s form', async () => {
    const exports = makeJaegerTraces(SEED, JAEGER_TRACES);
    const generator = new JaegerRequests(SEED, { exports, traces: JAEGER_TRACES, withFirstSearch: true });
    await askMany(`${base}/jaeger`, { ...JAEGER }, () => {
      const { method, path, params } = generator.request();
      const isAsked = JAEGER.shapes.some(([start]) => path.startsWith(start));
      return method === 'GET' && isAsked && !('prettyPrint' in params) ? { path, params } : undefined;
    });
  });

  test('traces in protobuf, by both paths', async () => {
    const headers = { accept: 'application/protobuf' };
    for (const id of [...traces.traceIds, ODD_TRACE]) {
      const current = await fetch(`${base}/api/v2/traces/${id}`, { headers });
      assert.equal(current.status, 200, id);
      const shown = checkTraceById(new Uint8Array(await current.arrayBuffer()));
      const former = await fetch(`${base}/api/traces/${id}`, { headers });
      assert.equal(checkTrace(new Uint8Array(await former.arrayBuffer())), shown, id);
      assert.ok(shown > 0, `nothing of ${id} is shown`);
    }
  });

  test('a trace that is not there', async () => {
    for (const path of ['/api/v2/traces/', '/api/traces/']) {
      const answer = await fetch(`${base}${path}00000000000000000000000000000bad`, {
        headers: { accept: 'application/protobuf' },
      });
      const bytes = new Uint8Array(await answer.arrayBuffer());
      // Nothing at all with a success would end Grafana's handler.
      if (answer.status === 404) continue;
      assert.equal(answer.status, 200);
      assert.equal(checkTraceById(bytes), 0);
    }
  });

  test('streams come on the HTTP port, each with metrics in a message', async () => {
    const client = new StreamingClient(new URL(base).host);
    const range = { start: DATA_START_S, end: DATA_END_S };
    try {
      for (const [method, query] of [
        ['Search', { query: '{}', limit: 20, ...range }],
        ['Search', {}],
        ['MetricsQueryRange', { query: '{} | rate() by (resource.service.name)', ...inNanoseconds(range) }],
        ['MetricsQueryInstant', { query: '{} | count_over_time()', ...inNanoseconds(range) }],
      ] as const) {
        const { messages, code, details } = await client.call(method, query);
        assert.equal(code, 0, `${method}: ${details}`);
        assert.ok(
          messages.some(({ metrics }) => metrics),
          `${method} says nothing of metrics`,
        );
      }
    } finally {
      client.close();
    }
  });
});

function inNanoseconds({ start, end }: { readonly start: number; readonly end: number }) {
  return { start: `${start}000000000`, end: `${end}000000000` };
}

const ODD_TRACE = '0000000000000000000000000000feed';

/** Spans with as little as there may be: no status, no scope, no resource. */
const ODD_SPANS = (() => {
  const span = (n: number) => ({
    traceId: ODD_TRACE,
    spanId: `000000000000000${n}`,
    startTimeUnixNano: `${DATA_START_S}000000000`,
    endTimeUnixNano: `${DATA_START_S}000000001`,
  });
  const attributes = [{ key: 'service.name', value: { stringValue: 'odd' } }];
  return {
    resourceSpans: [
      { scopeSpans: [{ spans: [span(1)] }] },
      { resource: {}, scopeSpans: [{ spans: [span(2)] }] },
      { resource: { attributes }, scopeSpans: [{ spans: [span(3)] }, { scope: {}, spans: [span(4)] }] },
    ],
  };
})();
