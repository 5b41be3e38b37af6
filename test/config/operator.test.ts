/** `trilite.kubernetes` and the flag that switches the Operator's resources on. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from '../../src/config/config-error.ts';
import { parseConfigFile } from '../../src/config/file.ts';
import { parseCommandLine } from '../../src/config/flags.ts';
import { readGeneratedJob } from '../../src/config/generated-job.ts';
import { loadConfig } from '../../src/config.ts';

const read = (operator: string, global = '') =>
  parseConfigFile('c.yml', `global: {${global}}\ntrilite: {kubernetes: {operator: ${operator}}}\n`, {
    KUBERNETES_SERVICE_HOST: '10.0.0.1',
    KUBERNETES_SERVICE_PORT: '443',
  });

describe('trilite.kubernetes', () => {
  it('reads everything of the own cluster where nothing else is said', async () => {
    const { operator, monitorDefaults } = await read('{}');
    assert.deepEqual(operator, {
      enabled: true,
      cluster: {
        way: 'in-cluster',
        host: '10.0.0.1',
        port: '443',
        folder: '/var/run/secrets/kubernetes.io/serviceaccount',
      },
      namespaces: [],
      serviceMonitors: { selector: {}, namespaceSelector: {} },
      podMonitors: { selector: {}, namespaceSelector: {} },
      probes: { selector: {}, namespaceSelector: {} },
      scrapeConfigs: { selector: {}, namespaceSelector: {} },
      rules: { selector: {}, namespaceSelector: {} },
      endpointsRole: 'endpoints',
      fileAccessNamespaces: [],
    });
    assert.equal(monitorDefaults.scrapeIntervalMs, 30_000, 'as the Operator has it');
  });

  it('takes intervals from the section, or from what holds for all jobs', async () => {
    const intervals = async (operator: string, global: string) => {
      const { monitorDefaults: d } = await read(operator, global);
      return [d.scrapeIntervalMs, d.scrapeTimeoutMs];
    };
    assert.deepEqual(await intervals('{}', 'scrape_interval: 5s'), [5000, 5000]);
    assert.deepEqual(
      await intervals('{scrape_interval: 20s, scrape_timeout: 15s}', 'scrape_interval: 5s'),
      [20_000, 15_000],
    );
  });

  it('chooses by selectors as Kubernetes writes them', async () => {
    const { operator } = await read(
      '{rule_selector: {matchLabels: {a: b}, matchExpressions: [{key: c, operator: In, values: [d]}]}, pod_monitor_namespace_selector: {matchLabels: {t: x}}}',
    );
    const matchExpressions = [{ key: 'c', operator: 'In', values: ['d'] }];
    assert.deepEqual(operator.rules.selector, { matchLabels: { a: 'b' }, matchExpressions });
    assert.deepEqual(operator.podMonitors.namespaceSelector, {
      matchLabels: { t: 'x' },
      matchExpressions: [],
    });
  });

  const wrong: readonly [string, RegExp][] = [
    ['{namespaces: [Shop]}', /namespaces\[0\]: "Shop" is no name of a namespace/],
    ['{namespaces: ["*"]}', /"\*" is no name of a namespace/],
    [
      '{rule_selector: {matchExpressions: [{key: c, operator: In}]}}',
      /rule_selector: label selector: .*can't be empty/,
    ],
    ['{rule_selector: {a: b}}', /unknown key "a"/],
    ['{service_discovery_role: Pods}', /expected one of Endpoints, EndpointSlice/],
    ['{scrape_interval: 1s, scrape_timeout: 2s}', /the scrape timeout is greater than the scrape interval/],
  ];
  for (const [text, message] of wrong) {
    it(`refuses ${text}`, () => assert.rejects(read(text), { name: 'ConfigError', message }));
  }
});

describe('--kubernetes.operator', () => {
  const enabled = async (argv: readonly string[], environment = {}) =>
    (await loadConfig(parseCommandLine(argv), environment)).operator.enabled;

  it('switches it on and off', async () => {
    assert.equal(await enabled([]), false);
    assert.equal(await enabled(['--kubernetes.operator']), true);
    assert.equal(await enabled([], { TRILITE_KUBERNETES_OPERATOR: 'true' }), true);
    assert.equal(
      await enabled(['--kubernetes.operator=false'], { TRILITE_KUBERNETES_OPERATOR: 'true' }),
      false,
    );
  });
});

describe('a job that no file has', () => {
  it('is read as one of a file, and its complaints name the key alone', async () => {
    const yaml = await import('yaml');
    const { monitorDefaults } = await read('{}');
    const job = (fields: object) => readGeneratedJob(yaml, { job_name: 'j', ...fields }, monitorDefaults, {});
    const config = job({
      sample_limit: 5,
      metric_relabel_configs: [{ action: 'labeldrop', regex: 'a' }],
      scheme: 'https',
    });
    assert.deepEqual([config.sampleLimit, config.scheme, config.scrapeIntervalMs], [5, 'https', 30_000]);
    assert.equal(config.metricRelabelConfigs[0]!.action, 'labeldrop');
    assert.throws(
      () => job({ scrape_timeout: '1m' }),
      new ConfigError('scrape_timeout: the scrape timeout is greater than the scrape interval'),
    );
    assert.throws(() => job({ sample_limit: -1 }), { message: /^sample_limit: expected a whole number/ });
  });
});
