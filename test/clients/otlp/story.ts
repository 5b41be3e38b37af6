/**
 * What every instrumented application of these tests tells over OTLP, and how the server must retell it: the
 * same numbers, labels, lines and spans, under the names and in the shapes of Prometheus, Loki and Tempo.
 */

import assert from 'node:assert/strict';
import {
  getJson,
  type LabelSet,
  type LogEntry,
  logEntries,
  promInstant,
  promValuesBy,
} from '../../support/http-api.ts';

/** What an application makes up on the way, printed by it. */
export interface Report {
  /** The second in which the story begins; its times are offsets from here, plus `OFFSET_NS`. */
  readonly startNs: string;
  readonly traceId: string;
  readonly traceFlags: number;
  readonly spanIds: Readonly<Record<string, string>>;
  readonly linked: { readonly traceId: string; readonly spanId: string };
  /** Time of every metric's points, in nanoseconds, by OTLP name. */
  readonly metricTimes: Readonly<Record<string, string>>;
  /** The SDK takes bytes and maps as attributes, and the first span has some. */
  readonly extended?: boolean;
}

/** One run of an application. */
export interface Telling {
  readonly base: string;
  /** `service.instance.id` of this run. */
  readonly instance: string;
  /** `telemetry.sdk.language` */
  readonly language: string;
  readonly tracesOnly: boolean;
  /** Sent to the paths that Prometheus and Loki have for OTLP. */
  readonly isNative: boolean;
  readonly report: Report;
}

/** Every explicit time of the story has this many nanoseconds beyond its millisecond. */
const OFFSET_NS = 123_456n;
const LATENCY_BUCKETS = { '10': '2', '100': '3', '1000': '4', '+Inf': '5' };
const PAYLOADS = [0, 1, 2, 4, 1000];

/** The environment that configures an application's SDK. */
export function storyEnvironment(instance: string, protocol: string): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    OTEL_SERVICE_NAME: 'shop',
    OTEL_RESOURCE_ATTRIBUTES: `service.namespace=trade,service.instance.id=${instance},deployment.environment.name=test,team=blue`,
    OTEL_NODE_RESOURCE_DETECTORS: 'env',
  };
}

const timeNs = (t: Telling, ms: number) =>
  String(BigInt(t.report.startNs) + BigInt(ms) * 1_000_000n + OFFSET_NS);

/** Without the labels of the SDK itself, whose language is checked. */
function withoutSdk(labels: LabelSet, language: string): Record<string, string> {
  const { telemetry_sdk_language, telemetry_sdk_name, telemetry_sdk_version, ...rest } = labels;
  assert.equal(telemetry_sdk_language, language);
  assert.equal(telemetry_sdk_name, 'opentelemetry');
  assert.match(telemetry_sdk_version!, /^\d+\.\d+/);
  return rest;
}

export async function checkMetrics(t: Telling): Promise<void> {
  const identity = { job: 'trade/shop', instance: t.instance };
  const own = `{instance="${t.instance}"}`;
  await checkOneSeries(t, 'shop.queue.length', `shop_queue_length${own}`, identity, '6');
  const room = { ...identity, room: 'a', floor: '2', heated: 'true' };
  await checkOneSeries(t, 'shop.temperature', `shop_temperature_celsius${own}`, room, '21.5');
  await checkOneSeries(t, 'shop.cpu', `shop_cpu_seconds_total${own}`, { ...identity, mode: 'user' }, '12.25');
  await checkOneSeries(t, 'shop.memory', `shop_memory_bytes${own}`, identity, '123456789');
  const route = { ...identity, route: '/buy' };
  await checkOneSeries(t, 'shop.latency', `shop_latency_milliseconds_sum${own}`, route, '5565');
  await checkOneSeries(t, 'shop.latency', `shop_latency_milliseconds_count${own}`, route, '5');
  const buckets = `shop_latency_milliseconds_bucket{instance="${t.instance}",route="/buy"}`;
  assert.deepEqual(await promValuesBy(t.base, 'le', buckets), LATENCY_BUCKETS);
  const orders = await promValuesBy(t.base, 'payment_method', `shop_orders_total${own}`);
  assert.deepEqual(orders, { card: '7', cash: '5' });
  await checkPayload(t, own);
  const [info, ...more] = await promInstant(t.base, `target_info${own}`);
  assert.deepEqual(more, []);
  assert.deepEqual(withoutSdk(info!.metric, t.language), {
    __name__: 'target_info',
    ...identity,
    ...(!t.isNative && {
      service_name: 'shop',
      service_namespace: 'trade',
      service_instance_id: t.instance,
    }),
    deployment_environment_name: 'test',
    team: 'blue',
  });
  assert.equal(info!.value![1], '1');
  const joined = `sum by (team) (shop_orders_total${own} * on (job, instance) group_left (team) target_info)`;
  assert.deepEqual(await promValuesBy(t.base, 'team', joined), { blue: '12' });
  const all = await promInstant(t.base, `count(${own})`);
  assert.equal(all[0]!.value![1], '14', 'nothing but the series of the story');
}

/** The selector has exactly this series, whose sample has the value and the time that were sent. */
async function checkOneSeries(
  t: Telling,
  otlpName: string,
  selector: string,
  labels: LabelSet,
  value: string,
): Promise<void> {
  const samples = await promInstant(t.base, selector);
  assert.equal(samples.length, 1, selector);
  const { __name__, ...rest } = samples[0]!.metric;
  assert.equal(__name__, selector.slice(0, selector.indexOf('{')));
  assert.deepEqual(rest, labels);
  assert.equal(samples[0]!.value![1], value, selector);
  const times = await promInstant(t.base, `timestamp(${selector}) * 1000`);
  const sentMs = BigInt(t.report.metricTimes[otlpName]!) / 1_000_000n;
  assert.equal(Math.round(Number(times[0]!.value![1])), Number(sentMs), `time of ${selector}`);
}

/** The exponential histogram: totals, and every recorded value in a bucket of its own. */
async function checkPayload(t: Telling, own: string): Promise<void> {
  const samples = await promInstant(t.base, `shop_payload_bytes${own}`);
  assert.equal(samples.length, 1);
  const histogram = samples[0]!.histogram![1];
  assert.equal(histogram.count, String(PAYLOADS.length));
  assert.equal(histogram.sum, '1007');
  assert.equal(histogram.buckets!.length, PAYLOADS.length);
  for (const value of PAYLOADS) {
    const around = histogram.buckets!.filter(([rule, lower, upper]) =>
      rule === 3
        ? value >= Number(lower) && value <= Number(upper)
        : value > Number(lower) && value <= Number(upper),
    );
    assert.equal(around.length, 1, `buckets that hold ${value}`);
    assert.equal(around[0]![3], '1');
  }
  const count = await promInstant(t.base, `histogram_count(shop_payload_bytes${own})`);
  assert.equal(count[0]!.value![1], '5');
}

export async function checkLogs(t: Telling): Promise<void> {
  const start = BigInt(t.report.startNs);
  const end = start + 3600n * 1_000_000_000n;
  const own = `{service_name="shop", service_instance_id="${t.instance}"}`;
  const entries = await logEntries(t.base, own, start, end);
  const stream = {
    service_name: 'shop',
    service_namespace: 'trade',
    service_instance_id: t.instance,
    deployment_environment_name: 'test',
  };
  for (const entry of entries) assert.deepEqual(entry.stream, stream);
  assert.deepEqual(
    entries.map((entry) => [entry.ns, entry.line, ownMetadata(t, entry)]),
    [
      [
        timeNs(t, 2000),
        'order accepted',
        {
          order_id: '17',
          customer: 'ada',
          ratio: '0.5',
          vip: 'true',
          items: '["a","b"]',
          severity_number: '9',
          severity_text: 'INFO',
          detected_level: 'info',
          flags: String(t.report.traceFlags),
          trace_id: t.report.traceId,
          span_id: t.report.spanIds['POST /buy'],
        },
      ],
      [
        timeNs(t, 3000),
        '{"code":7,"event":"failed"}',
        { severity_number: '17', severity_text: 'ERROR', detected_level: 'error' },
      ],
      [timeNs(t, 4000), 'größe "x"\n\tline two ✓', { detected_level: 'unknown' }],
    ],
  );
  const ofTrace = await logEntries(t.base, `${own} | trace_id="${t.report.traceId}"`, start, end);
  assert.deepEqual(
    ofTrace.map((entry) => entry.line),
    ['order accepted'],
  );
  const failed = await logEntries(t.base, `${own} | json | code > 6 | event="failed"`, start, end);
  assert.deepEqual(
    failed.map((entry) => entry.ns),
    [timeNs(t, 3000)],
  );
}

/** The metadata of the record itself; what comes from resource and scope is checked and taken off. */
function ownMetadata(t: Telling, entry: LogEntry): Record<string, string> {
  const { scope_name, scope_version, team, observed_timestamp, ...rest } = withoutSdk(
    entry.metadata,
    t.language,
  );
  assert.deepEqual(
    { scope_name, scope_version, team },
    { scope_name: 'shop.logger', scope_version: '0.3', team: 'blue' },
  );
  assert.match(observed_timestamp!, /^\d{19}$/);
  return rest;
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: unknown;
}
interface TempoSpan {
  readonly name: string;
  readonly attributes?: readonly OtlpAttribute[];
  readonly events?: readonly { readonly attributes?: readonly OtlpAttribute[] }[];
  readonly status?: object;
  readonly [field: string]: unknown;
}
interface TempoTrace {
  readonly trace: {
    readonly resourceSpans: readonly {
      readonly resource: { readonly attributes: readonly OtlpAttribute[] };
      readonly scopeSpans: readonly { readonly scope: unknown; readonly spans: readonly TempoSpan[] }[];
    }[];
  };
}

const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64');
const attributes = (list: Readonly<Record<string, unknown>>) =>
  Object.entries(list).map(([key, value]) => ({ key, value }));
/** An SDK may keep attributes in whatever order it likes. */
const ordered = (list: readonly OtlpAttribute[]) => [...list].sort((a, b) => (a.key < b.key ? -1 : 1));
const array = (field: string, values: readonly unknown[]) => ({
  arrayValue: { values: values.map((value) => ({ [field]: value })) },
});

function expectedSpans(t: Telling): Record<string, unknown>[] {
  const traceId = base64(t.report.traceId);
  const parentSpanId = base64(t.report.spanIds['POST /buy']!);
  const times = (from: number, to: number) => ({
    startTimeUnixNano: timeNs(t, from),
    endTimeUnixNano: timeNs(t, to),
  });
  const event = attributes({ 'cache.hit': { boolValue: false }, size: { intValue: '2' } });
  const sizes = { key: 'sizes', value: array('intValue', ['3']) };
  const extended = {
    'cart.seal': { bytesValue: 'AQL/' },
    'cart.box': { kvlistValue: { values: [sizes, { key: 'weight', value: { doubleValue: 1.5 } }] } },
  };
  const { linked } = t.report;
  return [
    {
      traceId,
      spanId: parentSpanId,
      name: 'POST /buy',
      kind: 'SPAN_KIND_SERVER',
      ...times(1000, 1250),
      attributes: ordered(
        attributes({
          'cart.id': { stringValue: 'c-17' },
          'cart.items': { intValue: '3' },
          'cart.total': { doubleValue: 19.5 },
          'cart.gift': { boolValue: true },
          'cart.skus': array('stringValue', ['a', 'b']),
          'cart.counts': array('intValue', ['1', '2']),
          'cart.weights': array('doubleValue', [0.5, 2.25]),
          'cart.flags': array('boolValue', [true, false]),
          ...(t.report.extended && extended),
        }),
      ),
      events: [{ timeUnixNano: timeNs(t, 1010), name: 'cart.loaded', attributes: event }],
      status: {},
    },
    {
      traceId,
      spanId: base64(t.report.spanIds.charge!),
      parentSpanId,
      name: 'charge',
      kind: 'SPAN_KIND_CLIENT',
      ...times(1020, 1120),
      links: [
        {
          traceId: base64(linked.traceId),
          spanId: base64(linked.spanId),
          attributes: attributes({ reason: { stringValue: 'retry' } }),
        },
      ],
      status: { message: 'card declined', code: 'STATUS_CODE_ERROR' },
    },
    {
      traceId,
      spanId: base64(t.report.spanIds.audit!),
      parentSpanId,
      name: 'audit',
      kind: 'SPAN_KIND_INTERNAL',
      ...times(1130, 1140),
      status: { code: 'STATUS_CODE_OK' },
    },
  ];
}

export async function checkTraces(t: Telling): Promise<void> {
  const { trace } = await getJson<TempoTrace>(t.base, `/api/v2/traces/${t.report.traceId}`);
  assert.equal(trace.resourceSpans.length, 1);
  const { resource, scopeSpans } = trace.resourceSpans[0]!;
  const texts = resource.attributes.map(({ key, value }) => [
    key.replaceAll('.', '_'),
    (value as { stringValue: string }).stringValue,
  ]);
  assert.deepEqual(withoutSdk(Object.fromEntries(texts), t.language), {
    service_name: 'shop',
    service_namespace: 'trade',
    service_instance_id: t.instance,
    deployment_environment_name: 'test',
    team: 'blue',
  });
  assert.equal(scopeSpans.length, 1);
  assert.deepEqual(scopeSpans[0]!.scope, { name: 'shop.tracer', version: '2.0' });
  const spans = [...scopeSpans[0]!.spans].sort((a, b) =>
    String(a.startTimeUnixNano) < String(b.startTimeUnixNano) ? -1 : 1,
  );
  // An SDK may leave an unset status out or send it empty.
  const given = spans.map(({ attributes, events, ...span }) => ({
    ...span,
    ...(attributes && { attributes: ordered(attributes) }),
    ...(events && {
      events: events.map((event) => ({ ...event, attributes: ordered(event.attributes ?? []) })),
    }),
    status: span.status ?? {},
  }));
  assert.deepEqual(given, expectedSpans(t));
  await checkSearches(t);
  await checkTags(t);
}

interface SearchAnswer {
  readonly traces: readonly {
    readonly traceID: string;
    readonly rootServiceName: string;
    readonly rootTraceName: string;
    readonly startTimeUnixNano: string;
    readonly durationMs: number;
    readonly spanSets: readonly {
      readonly matched: number;
      readonly spans: readonly { readonly spanID: string }[];
    }[];
  }[];
}

/** Query, and the span of the trace that it finds. */
function searches(t: Telling): [query: string, span: string][] {
  return [
    ['name = "charge" && status = error && kind = client', 'charge'],
    ['statusMessage = "card declined"', 'charge'],
    [`link:traceID = "${t.report.linked.traceId}"`, 'charge'],
    ['span.cart.items = 3 && span.cart.total > 19.25 && span.cart.gift = true', 'POST /buy'],
    ['event:name = "cart.loaded" && event.size = 2', 'POST /buy'],
    ['duration = 10ms && resource.team = "blue"', 'audit'],
  ];
}

async function checkSearches(t: Telling): Promise<void> {
  const own = `resource.service.instance.id = "${t.instance}"`;
  const structural = `{ ${own} && name = "POST /buy" } > { name = "audit" }`;
  const list = searches(t).map(([filter, span]) => [`{ ${own} && ${filter} }`, span] as const);
  for (const [q, span] of [...list, [structural, 'audit'] as const]) {
    const { traces } = await getJson<SearchAnswer>(t.base, '/api/search', { q });
    assert.equal(traces.length, 1, q);
    const { spanSets, traceID, rootServiceName, rootTraceName, startTimeUnixNano, durationMs } = traces[0]!;
    assert.deepEqual(
      { traceID, rootServiceName, rootTraceName, startTimeUnixNano, durationMs },
      {
        traceID: t.report.traceId.replace(/^0+/, ''),
        rootServiceName: 'shop',
        rootTraceName: 'POST /buy',
        startTimeUnixNano: timeNs(t, 1000),
        durationMs: 250,
      },
    );
    assert.equal(spanSets.length, 1, q);
    assert.equal(spanSets[0]!.matched, 1, q);
    assert.equal(spanSets[0]!.spans[0]!.spanID.padStart(16, '0'), t.report.spanIds[span], q);
  }
  const none = await getJson<SearchAnswer>(t.base, '/api/search', { q: `{ ${own} && span.cart.items > 3 }` });
  assert.deepEqual(none.traces, []);
}

async function checkTags(t: Telling): Promise<void> {
  const tags = await getJson<{ scopes: { name: string; tags: string[] }[] }>(t.base, '/api/v2/search/tags', {
    scope: 'span',
  });
  const names = ['cart.id', 'cart.items', 'cart.total', 'cart.gift', 'cart.skus', 'cart.counts'];
  names.push('cart.weights', 'cart.flags');
  // What has no word in the language of queries has a name all the same.
  if (t.report.extended) names.push('cart.box', 'cart.seal');
  assert.deepEqual(tags.scopes, [{ name: 'span', tags: names.sort() }]);
  const values = async (tag: string) => {
    const path = `/api/v2/search/tag/${encodeURIComponent(tag)}/values`;
    return (await getJson<{ tagValues: unknown }>(t.base, path)).tagValues;
  };
  assert.deepEqual(await values('span.cart.items'), [{ type: 'int', value: '3' }]);
  assert.deepEqual(await values('span.cart.gift'), [{ type: 'bool', value: 'true' }]);
  assert.deepEqual(await values('resource.team'), [{ type: 'string', value: 'blue' }]);
}
