/**
 * Configurations, good and wrong, in random order: a real Prometheus and Trilite answer a request to reload alike, and show the
 * same of what came of it. What is wrong, and where, each says in its own words.
 */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { PROMETHEUS, PROMETHEUS_MISSING, runPrometheus } from '../clients/prometheus/run-prometheus.ts';
import { freePort } from '../support/free-port.ts';
import { getJson } from '../support/http-api.ts';
import { eventually } from '../support/poll.ts';
import { skipUnless } from '../support/program.ts';
import { temporaryServer } from '../support/temporary-server.ts';
import { prometheusFeatures } from './pair.ts';

const STEPS = 40;

const CONFIGURATIONS: readonly string[] = [
  '{}\n',
  'global: {scrape_interval: 5s, external_labels: {site: a}}\n',
  'scrape_configs: [{job_name: a, static_configs: [{targets: ["127.0.0.1:1"]}]}]\n',
  'scrape_configs: [{job_name: b}, {job_name: a, scrape_interval: 3s}]\n',
  'global: {scrape_interval: soon}\n',
  'global: {scrape_interval: 5s, scrape_timeout: 10s}\n',
  'nonsense: 1\n',
  'scrape_configs: [\n',
  'scrape_configs: [{job_name: a}, {job_name: a}]\n',
  'scrape_configs: [{job_name: a, relabel_configs: [{regex: "("}]}]\n',
];

interface Seen {
  readonly status: number;
  /** Up to what is wrong. */
  readonly body: string;
  readonly type: string | null;
  readonly metric: string | undefined;
  readonly success: boolean;
  readonly pools: readonly string[];
  readonly notifications: readonly string[] | undefined;
}

async function reload(base: string, method: string, file: string, hasNotifications: boolean): Promise<Seen> {
  const answer = await fetch(`${base}/-/reload`, { method });
  const body = (await answer.text()).replaceAll(file, 'FILE');
  const get = async <T>(what: string) => (await getJson<{ data: T }>(base, `/api/v1/${what}`)).data;
  const metrics = await (await fetch(`${base}/metrics`)).text();
  return {
    status: answer.status,
    body:
      /^failed to reload config: couldn't load configuration \(--config\.file="FILE"\): /.exec(body)?.[0] ??
      body,
    // Go says nothing of a body that is not there.
    type: answer.headers.get('content-type'),
    metric: /^prometheus_config_last_reload_successful (.*)$/m.exec(metrics)?.[1],
    success: (await get<{ reloadConfigSuccess: boolean }>('status/runtimeinfo')).reloadConfigSuccess,
    pools: (await get<{ scrapePools: string[] }>('scrape_pools')).scrapePools.toSorted(),
    notifications: hasNotifications
      ? (await get<{ text: string }[]>('notifications')).map(({ text }) => text)
      : undefined,
  };
}

test('reloading', { skip: skipUnless(PROMETHEUS !== undefined, PROMETHEUS_MISSING) }, async () => {
  const lifecycle = ['--web.enable-lifecycle'];
  const own = await temporaryServer('{}\n', [...lifecycle, '--config.auto-reload', 'false']);
  const files = [path.join(own.dir, 'prometheus.yml'), path.join(own.dir, 'config.yml')] as const;
  const theirs = await runPrometheus({
    dir: own.dir,
    port: await freePort(),
    config: '{}\n',
    flags: lifecycle,
  });
  const { current } = prometheusFeatures();
  try {
    const step = fc.record({
      text: fc.constantFrom(...CONFIGURATIONS, undefined),
      method: fc.constantFrom('POST', 'PUT', 'GET'),
    });
    for (const { text, method } of fc.sample(step, STEPS)) {
      for (const file of files) {
        if (text === undefined) fs.rmSync(file, { force: true });
        else fs.writeFileSync(file, text);
      }
      // There pools of jobs may come and go a moment after the answer.
      await eventually(async () => {
        const expected = await reload(theirs.base, method, files[0], current);
        const given = await reload(own.server.base, method, files[1], current);
        assert.deepEqual(given, expected, `${method} ${text ?? 'no file'}`);
      });
    }
  } finally {
    await theirs.program.stop('SIGKILL');
    await own.dispose();
  }
});
