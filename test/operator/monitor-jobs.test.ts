/** Monitors as scrape jobs: what the Operator's own generator makes of the same resources, and what it refuses. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { parse } from 'yaml';
import { podMonitorJobs, serviceMonitorJobs } from '../../src/operator/monitor-jobs.ts';
import { PendingReference, type ReferencedData, References } from '../../src/operator/references.ts';
import type {
  Endpoint,
  PodMonitor,
  ServiceMonitor,
  ServiceMonitorSpec,
} from '../../src/operator/resources.ts';
import { Authority } from '../support/certificates.ts';

const SETTINGS = { endpointsRole: 'endpoints', mayReadFiles: () => true } as const;

interface Generated {
  readonly serviceMonitors: readonly ServiceMonitor[];
  readonly podMonitors: readonly PodMonitor[];
  readonly secrets: readonly { readonly data: Readonly<Record<string, string>> }[];
  readonly configMaps: readonly { readonly data: Readonly<Record<string, string>> }[];
}

function generated<T>(file: string): T {
  return parse(fs.readFileSync(path.join(import.meta.dirname, 'generated', file), 'utf8')) as T;
}

/** What means the same is written in one way: `${1}`, a number for an expression, an empty section. */
function normal(job: object): Record<string, unknown> {
  const text = JSON.stringify(job, (key, value) => {
    if (key === 'regex') return String(value);
    return typeof value === 'string' ? value.replaceAll(/\$\{(\d)\}/g, '$$$1') : value;
  });
  const { tls_config: tls, ...rest } = JSON.parse(text);
  return { ...rest, ...(tls && Object.keys(tls).length > 0 && { tls_config: tls }) };
}

const data = (
  object: { readonly data: Readonly<Record<string, string>> },
  isSecret: boolean,
): ReferencedData =>
  new Map(
    Object.entries(object.data).map(([key, value]) => [
      key,
      isSecret ? Buffer.from(value, 'base64').toString() : value,
    ]),
  );

describe('jobs of monitors', () => {
  const { serviceMonitors, podMonitors, secrets, configMaps } = generated<Generated>('resources.yaml');
  const known = { secret: data(secrets[0]!, true), configmap: data(configMaps[0]!, false) };
  const references = () => new References({ dataOf: ({ kind }) => known[kind] }, 'shop');
  const made = new Map(
    [
      ...serviceMonitors.flatMap((monitor) => serviceMonitorJobs(monitor, references(), SETTINGS)),
      ...podMonitors.flatMap((monitor) => podMonitorJobs(monitor, references(), SETTINGS)),
    ].map((job) => [String(job.job_name), job]),
  );
  const expected = generated<{ readonly job_name: string }[]>('scrape-configs.yaml');

  it('are those that the Operator generates', () => {
    assert.deepEqual([...made.keys()].sort(), expected.map((job) => job.job_name).sort());
    for (const job of expected) assert.deepEqual(normal(made.get(job.job_name)!), normal(job), job.job_name);
  });
});

const monitor = (endpoint: Endpoint, spec: ServiceMonitorSpec = {}): ServiceMonitor => ({
  metadata: { name: 'api', namespace: 'shop' },
  spec: { endpoints: [endpoint], ...spec },
});

/** With a Secret and a ConfigMap of these keys, both called `known`. */
function jobOf(resource: ServiceMonitor, keys: Readonly<Record<string, string>> = {}, settings = SETTINGS) {
  const source = {
    dataOf: ({ name }: { readonly name: string }) =>
      name === 'known' ? new Map(Object.entries(keys)) : name === 'later' ? undefined : ('absent' as const),
  };
  const references = new References(source, 'shop');
  return { job: () => serviceMonitorJobs(resource, references, settings)[0]!, references };
}

describe('a field that newer Operators know', () => {
  it('scheme is written in small letters', () => {
    assert.equal(jobOf(monitor({ scheme: 'HTTPS' })).job().scheme, 'https');
  });

  it('serviceDiscoveryRole chooses endpoint slices, and their labels', () => {
    const job = jobOf(monitor({ port: 'web' }, { serviceDiscoveryRole: 'EndpointSlice' })).job();
    assert.match(JSON.stringify(job), /"role":"endpointslice"/);
    assert.match(JSON.stringify(job), /__meta_kubernetes_endpointslice_port_name/);
    assert.doesNotMatch(JSON.stringify(job), /__meta_kubernetes_endpoint_/);
  });

  it('scrapeNativeHistograms', () => {
    assert.equal(jobOf(monitor({}, { scrapeNativeHistograms: true })).job().scrape_native_histograms, true);
  });
});

describe('a monitor is refused', () => {
  const secret = { name: 'known', key: 'a' };
  const cases: readonly [string, ServiceMonitor, RegExp][] = [
    [
      'without its Secret',
      monitor({ bearerTokenSecret: { name: 'gone', key: 'a' } }),
      /secret shop\/gone not found/,
    ],
    [
      'without the key',
      monitor({ bearerTokenSecret: { name: 'known', key: 'b' } }),
      /key "b" in secret shop\/known/,
    ],
    [
      'with a name that is none',
      monitor({ bearerTokenSecret: { name: 'a,b=c', key: 'a' } }),
      /is no name of a secret/,
    ],
    [
      'with two kinds of credentials',
      monitor({ basicAuth: { username: secret, password: secret }, authorization: { credentials: secret } }),
      /^endpoints\[0\]: authorization and basicAuth cannot/,
    ],
    [
      'with a CA that is none',
      monitor({ tlsConfig: { ca: { secret } } }),
      /ca: failed to parse certificate$/,
    ],
    [
      'with half a pair',
      monitor({ tlsConfig: { cert: { secret } } }),
      /client cert specified without client key/,
    ],
    [
      'with two CAs',
      monitor({ tlsConfig: { ca: { secret, configMap: secret } } }),
      /cannot specify both Secret and ConfigMap/,
    ],
    ['with a scrape class', monitor({}, { scrapeClass: 'fast' }), /scrapeClass "fast" not found/],
    [
      'with a selector that is none',
      monitor({}, { selector: { matchExpressions: [{ key: 'a', operator: 'Is' }] } }),
      /"Is" is not a valid label selector operator/,
    ],
    [
      'with a factor that is none',
      monitor({}, { nativeHistogramMinBucketFactor: '1x' }),
      /is not a quantity/,
    ],
  ];
  for (const [what, resource, message] of cases) {
    it(what, () => assert.throws(() => jobOf(resource, { a: 'secret-text' }).job(), { message }));
  }

  it('and no secret gets into the message', () => {
    const tls = { ca: { secret }, cert: { secret }, keySecret: secret };
    assert.throws(
      () => jobOf(monitor({ tlsConfig: tls }), { a: 'secret-text' }).job(),
      (error: Error) => !error.message.includes('secret-text'),
    );
  });

  it('with files, where its namespace may not name any', () => {
    const settings = { ...SETTINGS, mayReadFiles: (namespace: string) => namespace !== 'shop' };
    for (const endpoint of [{ bearerTokenFile: '/token' }, { tlsConfig: { caFile: '/ca' } }]) {
      assert.throws(() => jobOf(monitor(endpoint), {}, settings as never).job(), {
        message: /file_access_namespaces/,
      });
    }
  });
});

describe('a monitor with Secrets', () => {
  const authority = new Authority();
  after(() => authority.remove());

  it('waits while one of them is not known, and asks for all of them at once', () => {
    const later = { name: 'later', key: 'a' };
    const { job, references } = jobOf(
      monitor({ basicAuth: { username: { name: 'known', key: 'a' }, password: later } }),
      { a: 'x' },
    );
    assert.throws(job, PendingReference);
    assert.deepEqual([...references.asked.keys()], ['secret/shop/known', 'secret/shop/later']);
  });

  it('has certificates in its job', () => {
    const { cert, key } = authority.pair;
    const of = (name: string) => ({ name: 'known', key: name });
    const tls = { ca: { configMap: of('cert') }, cert: { secret: of('cert') }, keySecret: of('key') };
    const job = jobOf(monitor({ tlsConfig: tls }), { cert, key }).job();
    assert.deepEqual(job.tls_config, { ca: cert, cert, key });
  });
});
