/** A configuration that is read in a thread of its own is the one that is read in place. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ConfigError } from '../../src/config/config-error.ts';
import { parseCommandLine } from '../../src/config/flags.ts';
import { loadConfig } from '../../src/config.ts';
import { loadConfigAside } from '../../src/config-aside.ts';

/** Something of every section. */
const RICH = `
global: {scrape_interval: 5s, external_labels: {site: x}, query_log_file: q.log, evaluation_interval: 30s}
scrape_configs:
  - job_name: a
    scheme: https
    basic_auth: {username: u, password: p}
    tls_config: {insecure_skip_verify: true}
    static_configs: [{targets: ['a:1'], labels: {b: c}}]
    file_sd_configs: [{files: ['*.json']}]
    relabel_configs: [{source_labels: [__address__], regex: '(.*):1', target_label: host}]
    metric_relabel_configs: [{source_labels: [__name__], regex: 'go_.*', action: drop}]
otlp: {promote_resource_attributes: [service.name]}
storage: {tsdb: {out_of_order_time_window: 10m, retention: {time: 3d, size: 1GB}}}
metrics_generator: {processor: {service_graphs: {dimensions: [a]}}}
trilite:
  retention: {rules: [{signal: logs, selector: '{app=~"a|b"}', keep: 1d}]}
  rules: [{language: logql, files: [x.yml]}]
  limits: {max_age: 1d}
  cors: {allowed_origins: ['https://a.test']}
  tail:
    scrape_configs:
      - job_name: logs
        static_configs: [{targets: [localhost], labels: {__path__: /tmp/*.log}}]
        pipeline_stages: [{regex: {expression: '(?P<a>.*)'}}, {labels: {a: }}]
  tail_sampling: {policies: [{name: p, type: latency, latency: {threshold_ms: 5}}]}
`;

let dir: string;
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'trilite-aside-'));
});
after(() => rmSync(dir, { recursive: true }));

function line(text: string) {
  const file = join(dir, 'c.yml');
  writeFileSync(file, text);
  return parseCommandLine(['--config', file, '--retention.logs', '9d']);
}

describe('reading beside the front', () => {
  test('gives the same configuration, frozen', async () => {
    const given = line(RICH);
    const config = await loadConfigAside(given);
    assert.deepEqual(config, await loadConfig(given));
    assert.ok(Object.isFrozen(config) && Object.isFrozen(config.scrapeConfigs[0]!.staticConfigs));
  });

  test('says what is wrong in the same words', async () => {
    const given = line('global: {scrape_interval: x}\n');
    const expected = await loadConfig(given).catch((error: Error) => error.message);
    await assert.rejects(loadConfigAside(given), (error: Error) => {
      assert.ok(error instanceof ConfigError);
      assert.equal(error.message, expected);
      return true;
    });
  });
});
