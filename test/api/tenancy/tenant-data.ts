/**
 * What tenants send, at random, through the ways in that clients have: every signal, rules, silences, alerts, orders to
 * delete. Names, values, ids and texts are out of so few words that tenants have them in common.
 */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { apiUrl } from '../../support/http-api.ts';
import { type MadeSpan, spansRequest } from '../../support/otlp-spans.ts';
import { remoteWriteBody } from '../../support/remote-write.ts';

/** All data is of the minute before. */
export const T = Math.floor(Date.now() / 60_000) * 60_000 - 60_000;
const S = T / 1000;
const NS = BigInt(T) * 1_000_000n;

export interface Sending {
  readonly tenant: string;
  readonly method: string;
  readonly path: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly status: number;
}

/** `used`: spans that the tenant has sent. Of two with one id it is left to chance which counts. */
type Make = (used: Set<string>) => Omit<Sending, 'tenant'>;

const word = fc.constantFrom('x', 'y', 'a', 'b');
const reserved = fc.option(fc.constantFrom('a', 'b', 'fake'), { nil: undefined, freq: 4 });
const JSON_BODY = { 'content-type': 'application/json' };

function labelled(labels: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([, v]) => v !== undefined)) as Record<
    string,
    string
  >;
}

/** Each sample has a time of its own, so that nothing is refused for what came before it. */
let tick = 0;

const remoteWrite: fc.Arbitrary<Make> = fc
  .tuple(fc.constantFrom('up', 'm', 'n'), word, reserved, fc.nat(9))
  .map(([__name__, job, __tenant_id__, value]) => {
    const at = T - 60_000 + (tick++ % 59_000);
    const body = remoteWriteBody([
      { labels: labelled({ __name__, __tenant_id__, job }), samples: [[at, value]] },
    ]);
    const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' };
    return () => ({ method: 'POST', path: '/api/v1/write', headers, body, status: 204 });
  });

const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });

/** Brings metadata and exemplars. */
const otlpMetrics: fc.Arbitrary<Make> = fc
  .tuple(fc.constantFrom('m', 'n'), word, fc.constantFrom('of one', 'of another'), fc.nat(9))
  .map(([name, service, description, asDouble]) => {
    const timeUnixNano = String(NS - 60_000_000_000n + BigInt(tick++ % 59_000) * 1_000_000n);
    const exemplars = [{ timeUnixNano, asDouble, traceId: `${service === 'x' ? 'a' : 'b'}`.repeat(32) }];
    const sum = {
      aggregationTemporality: 2,
      isMonotonic: true,
      dataPoints: [{ timeUnixNano, asDouble, exemplars, attributes: [attribute('job', service)] }],
    };
    const scopeMetrics = [{ metrics: [{ name, description, unit: 's', sum }] }];
    const resource = { attributes: [attribute('service.name', service)] };
    const body = JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics }] });
    return () => ({ method: 'POST', path: '/v1/metrics', headers: JSON_BODY, body, status: 200 });
  });

/** A line that names one of the traces that there may be. */
const traced = (c: string) => `level=warn trace_id=${c.repeat(32)}`;

const logs: fc.Arbitrary<Make> = fc
  .tuple(
    word,
    word,
    reserved,
    fc.constantFrom('one', '{"k":"v"}', 'level=error msg=x', 'user 17 in', ...['a', 'b'].map(traced)),
  )
  .map(([app, env, __tenant_id__, line]) => {
    const at = String(NS - 60_000_000_000n + BigInt(tick++ % 59_000) * 1_000_000n);
    const stream = labelled({ app, env, __tenant_id__ });
    const body = JSON.stringify({ streams: [{ stream, values: [[at, line]] }] });
    return () => ({ method: 'POST', path: '/loki/api/v1/push', headers: JSON_BODY, body, status: 204 });
  });

const spanOf = fc
  .record({
    service: word,
    traceId: fc.constantFrom('a', 'b', 'c').map((c) => c.repeat(32)),
    id: fc.constantFrom(...'123456789').map((c) => c.repeat(16)),
    parent: fc.option(
      fc.constantFrom('1', '2').map((c) => c.repeat(16)),
      { nil: undefined },
    ),
    name: word,
    kind: fc.constantFrom('client' as const, 'server' as const),
    at: fc.nat(50_000),
    value: fc.nat(3),
    reserved,
  })
  .map(
    (s): MadeSpan => ({
      service: s.service,
      traceId: s.traceId,
      id: s.id,
      ...(s.parent !== undefined && s.parent !== s.id && { parent: s.parent }),
      name: s.name,
      kind: s.kind,
      startMs: T - 60_000 + s.at,
      durationMs: 5 + s.value,
      attributes: { n: s.value, 'http.route': `/${s.name}` },
      ...(s.reserved !== undefined && { resource: { __tenant_id__: s.reserved } }),
    }),
  );

const spans: fc.Arbitrary<Make> = fc.array(spanOf, { minLength: 1, maxLength: 5 }).map((made) => {
  return (used) => {
    const body = spansRequest(made.filter((span) => isNew(span, used)));
    return { method: 'POST', path: '/v1/traces', headers: JSON_BODY, body, status: 200 };
  };
});

const zipkin: fc.Arbitrary<Make> = spanOf.map((made) => {
  const { service, traceId, id, name, startMs } = made;
  const span = { traceId, id, name, timestamp: startMs * 1000, duration: 1000, tags: { k: name } };
  const body = JSON.stringify([{ ...span, localEndpoint: { serviceName: service } }]);
  return (used) => ({
    method: 'POST',
    path: '/api/v2/spans',
    headers: JSON_BODY,
    body: isNew(made, used) ? body : '[]',
    status: 202,
  });
});

function isNew({ traceId, id }: MadeSpan, used: Set<string>): boolean {
  const key = traceId + id;
  const isFirst = !used.has(key);
  used.add(key);
  return isFirst;
}

const rules: fc.Arbitrary<Make> = fc.tuple(word, word).map(([namespace, app]) => {
  const rule = `{record: lines, expr: 'sum(count_over_time({app="${app}"}[5m]))'}`;
  const body = `name: group\ninterval: 1d\nrules: [${rule}]\n`;
  return () => ({ method: 'POST', path: `/loki/api/v1/rules/${namespace}`, body, status: 202 });
});

const silence: fc.Arbitrary<Make> = word.map((value) => {
  const matchers = [{ name: 'alertname', value, isRegex: false }];
  const times = { startsAt: new Date(T + 3_600_000).toISOString(), endsAt: '2099-01-01T00:00:00Z' };
  const body = JSON.stringify({ matchers, ...times, createdBy: 'me', comment: value });
  return () => ({ method: 'POST', path: '/api/v2/silences', headers: JSON_BODY, body, status: 200 });
});

const alert: fc.Arbitrary<Make> = fc.tuple(word, word).map(([alertname, job]) => {
  const times = { startsAt: new Date(T).toISOString(), endsAt: '2099-01-01T00:00:00Z' };
  const body = JSON.stringify([{ labels: { alertname, job }, annotations: {}, ...times }]);
  return () => ({ method: 'POST', path: '/api/v2/alerts', headers: JSON_BODY, body, status: 200 });
});

const deleteLogs: fc.Arbitrary<Make> = word.map((app) => {
  const params = { query: `{app="${app}"}`, start: String(S - 60), end: String(S - 45) };
  return () => ({ method: 'POST', path: '/loki/api/v1/delete', params, status: 204 });
});

const deleteSeries: fc.Arbitrary<Make> = word.map((job) => {
  const params = { 'match[]': `{job="${job}"}`, start: String(S - 60), end: String(S - 45) };
  return () => ({ method: 'POST', path: '/api/v1/admin/tsdb/delete_series', params, status: 204 });
});

/** What some tenants send, one after the other. */
export function sendings(tenants: readonly string[]): fc.Arbitrary<Sending[]> {
  const make = fc.oneof(
    { weight: 6, arbitrary: remoteWrite },
    { weight: 3, arbitrary: otlpMetrics },
    { weight: 6, arbitrary: logs },
    { weight: 6, arbitrary: spans },
    { weight: 1, arbitrary: zipkin },
    { weight: 1, arbitrary: rules },
    { weight: 1, arbitrary: silence },
    { weight: 1, arbitrary: alert },
    { weight: 1, arbitrary: deleteLogs },
    { weight: 1, arbitrary: deleteSeries },
  );
  const list = fc.array(fc.tuple(fc.constantFrom(...tenants), make), { minLength: 40, maxLength: 50 });
  return list.map((all) => {
    const used = new Map(tenants.map((tenant) => [tenant, new Set<string>()]));
    return all.map(([tenant, of]): Sending => ({ tenant, ...of(used.get(tenant)!) }));
  });
}

export async function send(
  base: string,
  { tenant, method, path, params, headers, body, status }: Sending,
): Promise<void> {
  const answer = await fetch(apiUrl(base, path, params), {
    method,
    headers: { ...headers, 'X-Scope-OrgID': tenant },
    ...(body !== undefined && { body: body as string }),
  });
  assert.equal(answer.status, status, `${path}: ${await answer.text()}`);
}
