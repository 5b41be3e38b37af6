/**
 * A real Prometheus sends faster than it may. With `retry_on_http_429` it waits and nothing is missing; without it gives up what was
 * refused. What was taken is what is stored, either way.
 */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../support/free-port.ts';
import { getJson } from '../../support/http-api.ts';
import { eventually } from '../../support/poll.ts';
import { skipUnless } from '../../support/program.ts';
import { REMOTE_WRITE_HEADERS, remoteWriteBody } from '../../support/remote-write.ts';
import { temporaryServer } from '../../support/temporary-server.ts';
import { PROMETHEUS, PROMETHEUS_MISSING, runPrometheus } from './run-prometheus.ts';
import { startSmallTarget } from './small-target.ts';

/** Some twice what the target has in a second: once nobody else uses it up there is room for what waits. */
const CONFIG = `
scrape_configs: []
trilite:
  limits: {metrics: {ingestion_rate: 120, ingestion_burst_size: 600}}
`;
/** Until both have been refused something, which they are within seconds unless the machine is busy. */
const REFUSED_MAX_MS = 30_000;
const SCRAPED_AFTER_MS = 4000;

interface Matrix {
  readonly data: { readonly result: { metric: Record<string, string>; values: [number, string][] }[] };
}

/** Each sample as a line. */
async function samples(base: string, atS: number): Promise<Set<string>> {
  const params = { query: '{job="small"}[1m]', time: String(atS) };
  const { data } = await getJson<Matrix>(base, '/api/v1/query', params);
  const lines = data.result.flatMap(({ metric, values }) => {
    const labels = JSON.stringify(Object.entries(metric).sort());
    return values.map(([time, value]) => `${labels} ${time} ${value}`);
  });
  return new Set(lines);
}

/** How many of `some` are not in `all`. */
function missing(some: ReadonlySet<string>, all: ReadonlySet<string>): number {
  return [...some].filter((line) => !all.has(line)).length;
}

test('Prometheus waits at 429 where it is told to, and loses what it sends where not', {
  timeout: 110_000,
  skip: skipUnless(PROMETHEUS !== undefined, PROMETHEUS_MISSING),
}, async (t) => {
  const servers = { patient: await temporaryServer(CONFIG), plain: await temporaryServer(CONFIG) };
  type Name = keyof typeof servers;
  const target = await startSmallTarget(1);
  const dirs: string[] = [];
  const start = async (name: Name, retries: boolean) => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-429-'));
    dirs.push(dir);
    const port = await freePort();
    const small = { job_name: 'small', static_configs: [{ targets: [target.address] }] };
    const config = {
      global: { scrape_interval: '500ms', scrape_timeout: '500ms' },
      scrape_configs: [small],
      remote_write: [
        {
          url: `${servers[name].server.base}/api/v1/write`,
          metadata_config: { send: false },
          queue_config: {
            ...{ batch_send_deadline: '200ms', max_samples_per_send: 500, max_shards: 1 },
            ...{ retry_on_http_429: retries, max_backoff: '1s' },
          },
        },
      ],
    };
    return runPrometheus({ dir, port, config: JSON.stringify(config), flags: [] });
  };
  let draining = true;
  const drain = async (name: Name) => {
    const headers = REMOTE_WRITE_HEADERS;
    for (let n = 0; draining; n++) {
      const series = Array.from({ length: 15 }, (_, i) => ({
        labels: { __name__: 'drain', i: String(i) },
        samples: [[Date.now() + n, n]] as const,
      }));
      await (
        await fetch(`${servers[name].server.base}/api/v1/write`, {
          method: 'POST',
          headers,
          body: remoteWriteBody(series),
        })
      ).text();
      await sleep(3);
    }
  };
  const drains = (['patient', 'plain'] as const).map(drain);
  const peers = await Promise.all([start('patient', true), start('plain', false)]);
  t.after(async () => {
    draining = false;
    await Promise.all(peers.map((peer) => peer.program.stop('SIGKILL')));
    await Promise.all([target.stop(), servers.patient.dispose(), servers.plain.dispose()]);
    for (const dir of dirs) fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });
  const [patient, plain] = peers;
  const own = (name: Name) => samples(servers[name].server.base, atS);
  const metric = async (base: string, name: string) => {
    const text = await (await fetch(`${base}/metrics`)).text();
    return Number(new RegExp(`^${name}\\{.*\\} (\\S+)$`, 'm').exec(text)?.[1]);
  };
  const failed = () => metric(plain.base, 'prometheus_remote_storage_samples_failed_total');
  const retried = () => metric(patient.base, 'prometheus_remote_storage_samples_retried_total');
  await eventually(
    async () => assert.ok((await failed()) > 0, 'it gives up what is refused'),
    REFUSED_MAX_MS,
  );
  await eventually(async () => assert.ok((await retried()) > 0, 'it is refused'), REFUSED_MAX_MS);
  draining = false;
  await Promise.all(drains);
  await sleep(SCRAPED_AFTER_MS);
  const atS = Math.floor(Date.now() / 1000) - 1;
  const all = await samples(patient.base, atS);
  assert.ok(all.size > 100, `${all.size} samples`);
  await eventually(async () => assert.equal((await own('patient')).size, all.size), 30_000);
  assert.deepEqual(missing(await own('patient'), all), 0);
  assert.equal(await metric(patient.base, 'prometheus_remote_storage_samples_failed_total'), 0);

  const [scraped, stored] = [await samples(plain.base, atS), await own('plain')];
  assert.equal(missing(stored, scraped), 0);
  assert.equal(missing(scraped, stored), await failed());
});
