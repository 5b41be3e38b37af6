/** ScrapeConfigs as scrape jobs, and what is refused of them. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import yaml from 'yaml';
import { readGeneratedJob } from '../../src/config/generated-job.ts';
import { References } from '../../src/operator/references.ts';
import type { ScrapeConfigSpec } from '../../src/operator/resources.ts';
import { scrapeConfigJobs } from '../../src/operator/scrape-config-jobs.ts';
import { DEFAULT_SCRAPE_CONFIG } from '../../src/scrape/scrape-config.ts';

/** Its one job, which the reader of configurations has taken. */
function jobOf(spec: ScrapeConfigSpec, isTrusted = false) {
  const known = { dataOf: () => new Map([['key', 'secret']]) };
  const resource = { metadata: { name: 'db', namespace: 'shop' }, spec };
  const settings = { endpointsRole: 'endpoints', mayReadFiles: () => isTrusted } as const;
  const [job] = scrapeConfigJobs(resource, new References(known, 'shop'), settings);
  const read = readGeneratedJob(yaml, job!, DEFAULT_SCRAPE_CONFIG, {});
  return { job: job as Record<string, unknown>, read };
}

const SECRET = { name: 'known', key: 'key' };
const JOB_NAME = { source_labels: ['job'], target_label: '__tmp_prometheus_job_name' };

describe('a ScrapeConfig', () => {
  it('that says nothing is a job without targets', () => {
    assert.deepEqual(jobOf({}).job, { job_name: 'scrapeConfig/shop/db', relabel_configs: [JOB_NAME] });
  });

  it('has the keys of a job under other names', () => {
    const { job } = jobOf({
      jobName: 'database',
      metricsPath: '/m',
      scrapeInterval: '20s',
      scrapeTimeout: '10s',
      scheme: 'HTTPS',
      params: { a: ['b'] },
      honorLabels: true,
      honorTimestamps: false,
      trackTimestampsStaleness: true,
      enableCompression: false,
      enableHTTP2: false,
      authorization: { credentials: SECRET },
      targetLimit: 5,
      bodySizeLimit: '1MB',
      scrapeProtocols: ['PrometheusText0.0.4'],
      nameValidationScheme: 'Legacy',
      nameEscapingScheme: 'Underscores',
      staticConfigs: [{ targets: ['a:1'], labels: { x: 'y' } }, { targets: ['b:1'] }],
      relabelings: [{ sourceLabels: ['x'], targetLabel: 'z', action: 'Uppercase' }],
      metricRelabelings: [{ regex: 'n', action: 'LabelDrop' }],
    });
    assert.deepEqual(job, {
      job_name: 'scrapeConfig/shop/db',
      honor_timestamps: false,
      track_timestamps_staleness: true,
      honor_labels: true,
      metrics_path: '/m',
      params: { a: ['b'] },
      enable_compression: false,
      scrape_interval: '20s',
      scrape_timeout: '10s',
      scrape_protocols: ['PrometheusText0.0.4'],
      scheme: 'https',
      enable_http2: false,
      authorization: { type: 'Bearer', credentials: 'secret' },
      target_limit: 5,
      body_size_limit: '1MB',
      static_configs: [
        { targets: ['a:1'], labels: { x: 'y' } },
        { targets: ['b:1'], labels: {} },
      ],
      relabel_configs: [
        JOB_NAME,
        { target_label: 'job', action: 'replace', replacement: 'database' },
        { source_labels: ['x'], target_label: 'z', action: 'uppercase' },
      ],
      metric_relabel_configs: [{ regex: 'n', action: 'labeldrop' }],
      metric_name_validation_scheme: 'legacy',
      metric_name_escaping_scheme: 'underscores',
    });
  });

  it('finds targets by HTTP, by DNS and in clusters', () => {
    const { job, read } = jobOf({
      httpSDConfigs: [
        {
          url: 'https://a/targets',
          refreshInterval: '30s',
          enableHTTP2: true,
          basicAuth: { username: SECRET, password: SECRET },
        },
      ],
      dnsSDConfigs: [{ names: ['a.example'], type: 'A', port: 9100 }],
      kubernetesSDConfigs: [
        {
          role: 'Pod',
          namespaces: { names: ['shop'] },
          attachMetadata: { node: true },
          selectors: [{ role: 'Pod', label: 'app=a', field: 'spec.nodeName=b' }],
        },
        { role: 'Service', apiServer: 'https://k', attachMetadata: { node: true } },
      ],
    });
    assert.deepEqual(job.http_sd_configs, [
      {
        url: 'https://a/targets',
        refresh_interval: '30s',
        enable_http2: true,
        basic_auth: { username: 'secret', password: 'secret' },
      },
    ]);
    assert.deepEqual(job.dns_sd_configs, [{ names: ['a.example'], type: 'A', port: 9100 }]);
    assert.deepEqual(job.kubernetes_sd_configs, [
      {
        role: 'pod',
        namespaces: { names: ['shop'] },
        selectors: [{ role: 'pod', label: 'app=a', field: 'spec.nodeName=b' }],
        attach_metadata: { node: true },
      },
      { role: 'service', api_server: 'https://k' },
    ]);
    assert.deepEqual(
      read.kubernetesDiscovery.map(({ access }) => access.way),
      ['in-cluster', 'api-server'],
    );
  });

  it('may name files where its namespace may', () => {
    const spec = { fileSDConfigs: [{ files: ['/targets/*.json'], refreshInterval: '1m' }] };
    assert.throws(() => jobOf(spec), {
      message: /names the file \/targets\/\*\.json,.* file_access_namespaces$/,
    });
    assert.deepEqual(jobOf(spec, true).job.file_sd_configs, [
      { files: ['/targets/*.json'], refresh_interval: '1m' },
    ]);
  });

  it('is refused where it is wrong, or wants what is not here', () => {
    const refused = (spec: object, message: RegExp) => assert.throws(() => jobOf(spec), { message });
    refused({ consulSDConfigs: [{ server: 'a' }] }, /^consulSDConfigs: not supported here$/);
    refused({ scrapeClass: 'fast' }, /^scrapeClass "fast" not found/);
    refused(
      { httpSDConfigs: [{ url: 'http://a', tlsConfig: { ca: { secret: SECRET } } }] },
      /^httpSDConfigs\[0\]: tlsConfig\.ca: failed to parse certificate$/,
    );
    refused(
      { kubernetesSDConfigs: [{ role: 'Pod', apiServer: 'https://k', namespaces: { ownNamespace: true } }] },
      /^kubernetesSDConfigs\[0\]: cannot use 'apiServer'/,
    );
    refused(
      { kubernetesSDConfigs: [{ role: 'Pod', basicAuth: { username: SECRET, password: SECRET } }] },
      /api_server/,
    );
    refused({ dnsSDConfigs: [{ names: ['a'], type: 'A' }] }, /port/);
  });
});
