/** Probes as scrape jobs, and what is refused of them. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import yaml from 'yaml';
import { readGeneratedJob } from '../../src/config/generated-job.ts';
import { probeJobs } from '../../src/operator/probe-jobs.ts';
import { References } from '../../src/operator/references.ts';
import type { ProbeSpec } from '../../src/operator/resources.ts';
import { DEFAULT_SCRAPE_CONFIG } from '../../src/scrape/scrape-config.ts';

const SETTINGS = { endpointsRole: 'endpoints', mayReadFiles: () => false } as const;
const PROBER = { url: 'prober.monitoring.svc:9115' };

/** Its one job, which the reader of configurations has taken. */
function jobOf(spec: ProbeSpec) {
  const known = { dataOf: () => new Map([['password', 'secret']]) };
  const probe = { metadata: { name: 'site', namespace: 'shop' }, spec };
  const [job] = probeJobs(probe, new References(known, 'shop'), SETTINGS);
  const read = readGeneratedJob(yaml, job!, DEFAULT_SCRAPE_CONFIG, {});
  return { job: job as Record<string, unknown>, read };
}

const JOB_NAME = { source_labels: ['job'], target_label: '__tmp_prometheus_job_name' };
const ASKED = [
  { source_labels: ['__param_target'], target_label: 'instance' },
  { target_label: '__address__', replacement: PROBER.url },
];
const OWN = { targetLabel: 'team', replacement: 'web', action: 'Replace' };
const OWN_RULE = { target_label: 'team', replacement: 'web', action: 'replace' };

describe('a Probe', () => {
  it('of targets that it names asks the prober for each of them', () => {
    const { job, read } = jobOf({
      prober: { ...PROBER, scheme: 'HTTPS', proxyUrl: 'http://proxy:3128' },
      jobName: 'sites',
      module: 'http_2xx',
      params: [
        { name: 'module', values: ['other'] },
        { name: 'hostname', values: ['a', 'b'] },
      ],
      interval: '1m',
      scrapeTimeout: '5s',
      sampleLimit: 100,
      basicAuth: {
        username: { name: 'login', key: 'password' },
        password: { name: 'login', key: 'password' },
      },
      targets: {
        staticConfig: {
          static: ['https://a.example', 'b:80'],
          labels: { env: 'x' },
          relabelingConfigs: [OWN],
        },
        ingress: {},
      },
      metricRelabelings: [{ action: 'labeldrop', regex: 'x' }],
    });
    assert.deepEqual(job, {
      job_name: 'probe/shop/site',
      honor_timestamps: true,
      metrics_path: '/probe',
      scrape_interval: '1m',
      scrape_timeout: '5s',
      scheme: 'https',
      params: { module: ['http_2xx'], hostname: ['a', 'b'] },
      sample_limit: 100,
      proxy_url: 'http://proxy:3128',
      basic_auth: { username: 'secret', password: 'secret' },
      static_configs: [{ targets: ['https://a.example', 'b:80'], labels: { namespace: 'shop', env: 'x' } }],
      relabel_configs: [
        JOB_NAME,
        { target_label: 'job', replacement: 'sites' },
        { source_labels: ['__address__'], target_label: '__param_target' },
        ...ASKED,
        OWN_RULE,
      ],
      metric_relabel_configs: [{ regex: 'x', action: 'labeldrop' }],
    });
    assert.equal(read.staticConfigs.length, 1);
  });

  it('of ingresses asks for each of their paths', () => {
    const { job, read } = jobOf({
      prober: { ...PROBER, path: '/check' },
      targets: {
        ingress: {
          selector: { matchLabels: { 'a.b/probe': 'true' } },
          namespaceSelector: { any: true },
          relabelingConfigs: [OWN],
        },
      },
    });
    assert.deepEqual(job.kubernetes_sd_configs, [{ role: 'ingress' }]);
    assert.equal(job.metrics_path, '/check');
    assert.equal(read.kubernetesDiscovery[0]!.role, 'ingress');
    const label = '__meta_kubernetes_ingress_label';
    assert.deepEqual(job.relabel_configs, [
      JOB_NAME,
      {
        action: 'keep',
        source_labels: [`${label}_a_b_probe`, `${label}present_a_b_probe`],
        regex: '(true);true',
      },
      {
        source_labels: ['__meta_kubernetes_ingress_scheme', '__address__', '__meta_kubernetes_ingress_path'],
        separator: ';',
        regex: '(.+);(.+);(.+)',
        target_label: '__param_target',
        replacement: '$1://$2$3',
        action: 'replace',
      },
      { source_labels: ['__meta_kubernetes_namespace'], target_label: 'namespace' },
      { source_labels: ['__meta_kubernetes_ingress_name'], target_label: 'ingress' },
      {
        source_labels: ['__address__'],
        separator: ';',
        regex: '(.*)',
        target_label: '__tmp_ingress_address',
        replacement: '$1',
        action: 'replace',
      },
      ...ASKED,
      OWN_RULE,
    ]);
    const near = jobOf({ prober: PROBER, targets: { ingress: {} } }).job;
    assert.deepEqual(near.kubernetes_sd_configs, [{ role: 'ingress', namespaces: { names: ['shop'] } }]);
  });

  it('may name the prober by any address', () => {
    const targets = { staticConfig: { static: ['a'] } };
    for (const url of ['a', 'a.b:1', '10.0.0.1:80', '[::1]:9115', '::1']) jobOf({ prober: { url }, targets });
    for (const url of ['', 'http://a', 'a:b', 'a/b', 'a:1:2', ':80']) {
      assert.throws(() => jobOf({ prober: { url }, targets }), { message: /is not HOST or HOST:PORT/ }, url);
    }
  });

  it('is refused without targets, with a scrape class, with files', () => {
    const refused = (spec: ProbeSpec, message: RegExp) =>
      assert.throws(() => jobOf({ prober: PROBER, ...spec }), { message });
    refused({}, /^targets: one of staticConfig and ingress is required$/);
    const targets = { staticConfig: { static: ['a'] } };
    refused({ targets, scrapeClass: 'fast' }, /^scrapeClass "fast" not found/);
    refused({ targets, tlsConfig: { caFile: '/ca' } }, /file_access_namespaces/);
    const selector = { matchExpressions: [{ key: 'a', operator: 'Is' }] };
    refused({ targets: { ingress: { selector } } }, /"Is" is not a valid label selector operator/);
  });
});
