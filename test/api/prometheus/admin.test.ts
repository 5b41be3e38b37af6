/** The endpoints that have to be switched on: what they ask of storage, and what they say while they are off. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type AdminView, adminRoutes } from '../../../src/api/prometheus/admin-routes.ts';
import { TriliteError } from '../../../src/model/errors.ts';
import type { ServiceAnswer } from '../../../src/query/service.ts';
import type { LabelQuery } from '../../../src/storage/interface.ts';
import { getJson, postBody } from '../../support/http-api.ts';
import { REMOTE_WRITE_HEADERS, remoteWriteBody } from '../../support/remote-write.ts';
import { startServer } from '../../support/server.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';

const bodyOf = (answer: ServiceAnswer) => new TextDecoder().decode(answer.body);

function ask(
  view: AdminView | undefined,
  name: string,
  params: [string, string][] = [],
): Promise<ServiceAnswer> {
  const route = adminRoutes(view).find((r) => r.path === `/api/v1/admin/tsdb/${name}`)!;
  assert.deepEqual(route.methods, ['POST', 'PUT']);
  return Promise.resolve(route.handle({ params, path: {}, headers: {}, nowMs: 0 }));
}

describe('admin endpoints', () => {
  const deleted: LabelQuery[] = [];
  const snapshots: boolean[] = [];
  let cleaned = 0;
  const view: AdminView = {
    deleteSeries: async (query) => void deleted.push(query),
    cleanTombstones: async () => void cleaned++,
    snapshot: async ({ skipHead }) => `n${snapshots.push(skipHead)}`,
  };

  test('say that they are off', async () => {
    for (const name of ['delete_series', 'clean_tombstones', 'snapshot']) {
      const { status, body } = await ask(undefined, name);
      assert.equal(status, 500);
      assert.deepEqual(JSON.parse(new TextDecoder().decode(body)), {
        status: 'error',
        errorType: 'unavailable',
        error: 'admin APIs disabled',
      });
    }
  });

  test('delete all time, or what is asked for, of every selector', async () => {
    const params: [string, string][] = [
      ['match[]', 'up{job="a"}'],
      ['match[]', '{x=~".+"}'],
    ];
    assert.equal((await ask(view, 'delete_series', params)).status, 204);
    const [all] = deleted;
    assert.deepEqual(
      all!.matcherSets.map((set) => set.map(String)),
      [['job="a"', '__name__="up"'], ['x=~".+"']],
    );
    assert.ok(all!.minMs < -8e15 && all!.maxMs > 8e15);
    await ask(view, 'delete_series', [...params, ['start', '1.5'], ['end', '2026-01-01T00:00:00Z']]);
    assert.deepEqual([deleted[1]!.minMs, deleted[1]!.maxMs], [1500, Date.UTC(2026, 0, 1)]);
  });

  test('refuse what is no selector or no time', async () => {
    const count = deleted.length;
    const refused = (params: [string, string][], message: RegExp) =>
      assert.rejects(ask(view, 'delete_series', params), (error: TriliteError) => {
        assert.ok(error instanceof TriliteError && error.kind === 'bad_data');
        assert.match(error.message, message);
        return true;
      });
    await refused([], /^no match\[\] parameter provided$/);
    await refused([['match[]', 'up{']], /^invalid parameter "match\[\]": /);
    await refused([['match[]', '{a=""}']], /must contain at least one non-empty matcher/);
    await refused(
      [
        ['match[]', 'up'],
        ['start', 'x'],
      ],
      /^invalid parameter "start": /,
    );
    assert.equal(deleted.length, count);
  });

  test('clean up and make snapshots', async () => {
    assert.equal((await ask(view, 'clean_tombstones')).status, 204);
    assert.equal(cleaned, 1);
    for (const text of ['', 'true', '0', 'T', 'False']) {
      const answer = await ask(view, 'snapshot', text === '' ? [] : [['skip_head', text]]);
      assert.deepEqual(JSON.parse(bodyOf(answer)), {
        status: 'success',
        data: { name: `n${snapshots.length}` },
      });
    }
    assert.deepEqual(snapshots, [false, true, false, true, false]);
    await assert.rejects(ask(view, 'snapshot', [['skip_head', 'yes']]), /invalid parameter "skip_head"/);
  });
});

describe('a server', () => {
  let own: TemporaryServer;
  const startS = Math.floor(Date.now() / 1000) - 600;
  const post = (url: string, init: RequestInit = {}) => fetch(url, { method: 'POST', ...init });
  const count = async (base: string, query = 'count(count_over_time({__name__=~"m.*"}[20m]))') => {
    const { data } = await getJson<{ data: { result: { value: [number, string] }[] } }>(
      base,
      '/api/v1/query',
      {
        query,
      },
    );
    return Number(data.result[0]?.value[1] ?? 0);
  };

  before(async () => {
    own = await temporaryServer('scrape_configs: []\ntrilite: { web: { enable_admin_api: true } }\n', [
      '--web.enable-lifecycle',
    ]);
    const samples = Array.from({ length: 10 }, (_, i) => [1000 * (startS + i), i] as const);
    const series = Array.from({ length: 20 }, (_, i) => ({
      labels: { __name__: `m${i % 2}`, i: String(i) },
      samples,
    }));
    await postBody(`${own.server.base}/api/v1/write`, REMOTE_WRITE_HEADERS, remoteWriteBody(series));
  });
  after(() => own.dispose());

  test('with the admin API deletes series at once; features and flags say that it is on', async () => {
    const { base } = own.server;
    assert.equal(await count(base), 20);
    const form = new URLSearchParams([['match[]', 'm1{i=~"1|3"}']]);
    const answer = await post(`${base}/api/v1/admin/tsdb/delete_series?match[]=m0{i="0"}`, { body: form });
    assert.equal(answer.status, 204);
    assert.equal(await count(base), 17);
    const put = await post(`${base}/api/v1/admin/tsdb/delete_series?match[]=m0&start=${startS + 5}`, {
      method: 'PUT',
    });
    assert.equal(put.status, 204);
    assert.equal(await count(base, 'sum(count_over_time(m0[20m]))'), 9 * 5);
    assert.equal((await post(`${base}/api/v1/admin/tsdb/clean_tombstones`)).status, 204);
    assert.equal(await count(base, 'sum(count_over_time(m0[20m]))'), 9 * 5);
    const { data } = await getJson<{ data: Record<string, Record<string, boolean>> }>(
      base,
      '/api/v1/features',
    );
    assert.deepEqual([data.api!.admin, data.api!.lifecycle], [true, true]);
    const providers = ['dns', 'docker', 'dockerswarm', 'file', 'http', 'static'];
    assert.deepEqual(Object.keys(data.service_discovery_providers!), providers);
    const flags = await getJson<{ data: Record<string, string> }>(base, '/api/v1/status/flags');
    assert.equal(flags.data['web.enable-admin-api'], 'true');
  });

  test('makes snapshots that another server opens', async () => {
    const answer = await post(`${own.server.base}/api/v1/admin/tsdb/snapshot`);
    const { data } = (await answer.json()) as { data: { name: string } };
    assert.match(data.name, /^\d{8}T\d{6}Z-[0-9a-f]{16}$/);
    const snapshots = path.join(own.dir, 'data', 'snapshots');
    assert.deepEqual(fs.readdirSync(snapshots), [data.name]);
    const copy = await startServer({
      dataDir: path.join(snapshots, data.name),
      args: ['--config', path.join(own.dir, 'config.yml')],
    });
    assert.equal(await count(copy.base), await count(own.server.base));
    assert.equal(await copy.stop(), 0);
  });

  test('with the lifecycle API reloads, and says goodbye', async () => {
    const { base, process: child } = own.server;
    const reload = await post(`${base}/-/reload`);
    assert.equal(reload.status, 200);
    assert.equal(await reload.text(), '');
    assert.equal((await fetch(`${base}/-/quit`)).status, 405);
    const exited = new Promise((resolve) => child.once('exit', resolve));
    const quit = await post(`${base}/-/quit`);
    assert.deepEqual([quit.status, await quit.text()], [200, 'Requesting termination... Goodbye!']);
    assert.equal(await exited, 0);
  });
});
