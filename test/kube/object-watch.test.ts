/** What a watch knows is what the server has, whatever happens to the server, the network and the token in between. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Clock } from '../../src/base/clock.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { HttpClientConfig } from '../../src/base/http-client.ts';
import { KubeClient } from '../../src/kube/kube-client.ts';
import {
  everything,
  type KubeObject,
  type KubeResource,
  type Selection,
} from '../../src/kube/kube-object.ts';
import { ObjectWatch } from '../../src/kube/object-watch.ts';
import { WatchPool } from '../../src/kube/watch-pool.ts';
import { TriliteError } from '../../src/model/errors.ts';
import { eventually } from '../support/poll.ts';
import { FakeApiServer } from './fake-api-server.ts';

interface Pod extends KubeObject {
  readonly spec?: { readonly nodeName?: string };
}

const PODS: KubeResource<Pod> = { base: '/api/v1', plural: 'pods', isNamespaced: true, keep: (pod) => pod };
const NO_SETTINGS: HttpClientConfig = { followRedirects: true, httpHeaders: {} };
const BACKOFF = { firstMs: 5, maxMs: 20 };

const pod = (name: string, labels: Record<string, string> = {}, nodeName = 'a') => ({
  kind: 'Pod',
  metadata: { name, namespace: 'shop', labels },
  spec: { nodeName },
});

/** What listeners were told, as text, and the errors. */
class Heard {
  readonly changes: string[] = [];
  readonly errors: string[] = [];
  syncs = 0;

  onChange(type: string, key: string): void {
    this.changes.push(`${type} ${key}`);
  }

  onSync(): void {
    this.syncs++;
  }

  onError(error: unknown): void {
    assert.ok(error instanceof TriliteError, String(error));
    this.errors.push(error.message);
  }
}

let server: FakeApiServer;
let watch: ObjectWatch<Pod> | undefined;
let client: KubeClient | undefined;
let heard: Heard;

beforeEach(async () => {
  server = await FakeApiServer.start();
  heard = new Heard();
});
afterEach(async () => {
  watch?.stop();
  client?.close();
  await server.stop();
});

function begin(
  selection: Selection<Pod> = everything(PODS),
  clock: Clock = systemClock,
  settings = NO_SETTINGS,
) {
  client = new KubeClient({ apiServer: server.url, client: settings }, 'test');
  watch = new ObjectWatch(client, selection, { clock, backoff: BACKOFF, random: () => 0 });
  watch.subscribe(heard);
  watch.start();
  return watch;
}

const knows = (...names: string[]) =>
  eventually(async () =>
    assert.deepEqual(
      [...watch!.objects.keys()].sort(),
      names.map((n) => `shop/${n}`),
    ),
  );
const watches = () => eventually(async () => assert.equal(server.watches(), 1));
const lists = () => server.requests.filter(({ verb }) => verb === 'list').length;

describe('a watch', () => {
  it('lists, then follows what is added, changed and deleted', async () => {
    server.put(pod('a'));
    begin();
    await knows('a');
    assert.equal(heard.syncs, 1);
    await watches();
    server.put(pod('b'));
    server.put(pod('a', {}, 'b'));
    server.remove({ kind: 'Pod', namespace: 'shop', name: 'b' });
    await knows('a');
    await eventually(async () =>
      assert.deepEqual(heard.changes, ['add shop/a', 'add shop/b', 'update shop/a', 'delete shop/b']),
    );
    assert.equal(watch!.objects.get('shop/a')!.spec!.nodeName, 'b');
  });

  it('reads lists of many pages, and all at once where their version expires between two', async () => {
    for (let i = 0; i < 1201; i++) server.put(pod(`p${i}`));
    begin();
    await eventually(async () => assert.equal(watch!.objects.size, 1201));
    assert.equal(lists(), 3);
    watch!.stop();
    server.failNext(410, { plural: 'pods', skip: 1 });
    begin();
    await eventually(async () => assert.equal(watch!.objects.size, 1201));
    assert.equal(lists(), 3 + 3);
    assert.equal(server.requests.findLast(({ verb }) => verb === 'list')!.query.get('limit'), null);
    assert.deepEqual(heard.errors, []);
  });

  it('goes on from the last version, also one that a bookmark told', async () => {
    server.put(pod('a'));
    begin();
    await watches();
    for (const how of ['end', 'reset'] as const) {
      const { metadata } = server.put(pod('b', { how }));
      await eventually(async () => assert.equal(watch!.objects.get('shop/b')?.metadata.labels?.how, how));
      server.breakWatches(how);
      await eventually(async () =>
        assert.equal(server.requests.at(-1)!.query.get('resourceVersion'), metadata.resourceVersion),
      );
      await watches();
    }
    const { resourceVersion } = server.put({ kind: 'Node', metadata: { name: 'n' } }).metadata;
    server.bookmark();
    server.breakWatches();
    await eventually(async () =>
      assert.equal(server.requests.at(-1)!.query.get('resourceVersion'), resourceVersion),
    );
    await watches();
    server.put(pod('c'));
    await knows('a', 'b', 'c');
    assert.equal(lists(), 1);
    assert.deepEqual(heard.errors, []);
  });

  for (const expiresBy of ['status', 'event'] as const) {
    it(`lists again where its version is gone, told by ${expiresBy}, and tells what is different`, async () => {
      server.expiresBy = expiresBy;
      for (const name of ['a', 'b', 'c']) server.put(pod(name));
      begin();
      await watches();
      heard.changes.length = 0;
      server.silenceWatches();
      server.remove({ kind: 'Pod', namespace: 'shop', name: 'a' });
      server.put(pod('b', { x: 'y' }));
      server.put(pod('d'));
      server.expire();
      server.breakWatches();
      await knows('b', 'c', 'd');
      assert.deepEqual(heard.changes.sort(), ['add shop/d', 'delete shop/a', 'update shop/b']);
      assert.deepEqual(heard.errors, []);
      assert.equal(heard.syncs, 1);
    });
  }

  it('keeps what it knows while the server is away, and catches up', async () => {
    server.put(pod('a'));
    begin();
    await watches();
    await server.goAway();
    server.put(pod('b'));
    await eventually(async () => assert.ok(heard.errors.length >= 3));
    assert.deepEqual([...watch!.objects.keys()], ['shop/a']);
    assert.match(heard.errors[0]!, /^GET \/api\/v1\/pods: http:\/\/127.0.0.1:\d+: .*refused/);
    await server.comeBack();
    await knows('a', 'b');
    assert.equal(lists(), 1);
  });

  it('notices that it is dead though nothing was said', async () => {
    const clock = new HastyClock();
    server.put(pod('a'));
    begin(everything(PODS), clock);
    await watches();
    server.silenceWatches();
    server.put(pod('b'));
    clock.fire(330_000);
    await knows('a', 'b');
    assert.equal(lists(), 1);
    assert.deepEqual(heard.errors, []);
  });

  it('takes selectors and a namespace: what leaves the selection is deleted', async () => {
    server.put(pod('a', { app: 'web' }));
    server.put(pod('b'));
    server.put({
      ...pod('a', { app: 'web' }),
      metadata: { name: 'a', namespace: 'other', labels: { app: 'web' } },
    });
    begin({
      resource: PODS,
      namespace: 'shop',
      labelSelector: 'app in (web, api)',
      fieldSelector: 'spec.nodeName=a',
    });
    await knows('a');
    await watches();
    server.put(pod('a', { app: 'web' }, 'b'));
    server.put(pod('c', { app: 'api' }));
    await knows('c');
    assert.ok(server.requests.every(({ namespace }) => namespace === 'shop'));
  });

  it('reads objects of any size and letters that pieces split', async () => {
    const large = 'ü€𐍈"\\{}[]'.repeat(60_000);
    server.put(pod('a', { large }));
    begin();
    await knows('a');
    assert.equal(watch!.objects.get('shop/a')!.metadata.labels!.large, large);
    await watches();
    server.put(pod('b', { large }));
    await knows('a', 'b');
    assert.equal(watch!.objects.get('shop/b')!.metadata.labels!.large, large);
  });
});

describe('rights', () => {
  it('a token that is renewed is read again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'trilite-kube-'));
    try {
      const file = join(folder, 'token');
      writeFileSync(file, 'first\n');
      server.rotateToken('first');
      server.put(pod('a'));
      const authorization = { type: 'Bearer', credentials: { file } };
      begin(everything(PODS), systemClock, { ...NO_SETTINGS, authorization });
      await watches();
      server.rotateToken('second');
      server.put(pod('b'));
      server.breakWatches();
      await eventually(async () => assert.ok(heard.errors.length > 0));
      assert.match(heard.errors[0]!, /answered 401: Unauthorized \(the token, or the other credentials/);
      writeFileSync(file, 'second');
      server.put(pod('c'));
      await knows('a', 'b', 'c');
      assert.equal(lists(), 1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('that are missing are named; a kind that is not known is', async () => {
    server.failNext(403, { plural: 'pods' });
    begin({ ...everything(PODS), namespace: 'shop' });
    await eventually(async () => assert.equal(heard.errors.length, 1));
    assert.match(heard.errors[0]!, /answered 403: pods is forbidden: User .* cannot list resource "pods"/);
    assert.match(
      heard.errors[0]!,
      /\(needed: a Role in namespace shop that allows get, list and watch of "pods" in apiGroup ""\)$/,
    );
    await watches();
    const unknown = client!.get('/apis/example.com/v1/widgets');
    await assert.rejects(unknown, {
      kind: 'not_found',
      message: /is "widgets.example.com" a kind that the cluster/,
    });
    const secret = { kind: 'Secret', metadata: { name: 's', namespace: 'shop' }, data: { key: 'dmFsdWU=' } };
    server.put(secret);
    const read = await client!.get<typeof secret>('/api/v1/namespaces/shop/secrets/s');
    assert.equal(read.data.key, 'dmFsdWU=');
  });
});

describe('a pool', () => {
  it('has one watch for all who want the same, and ends it with the last', async () => {
    server.put(pod('a'));
    const pool = new WatchPool({ clock: systemClock, userAgent: 'test', backoff: BACKOFF });
    const cluster = { apiServer: server.url, client: NO_SETTINGS };
    const first = pool.watch(cluster, everything(PODS), heard);
    await eventually(async () => assert.equal(server.watches(), 1));
    const late = new Heard();
    const second = pool.watch({ ...cluster }, everything(PODS), late);
    assert.deepEqual([late.changes, late.syncs, second.isSynced], [['add shop/a'], 1, true]);
    const other = pool.watch(cluster, everything(PODS, 'shop'), new Heard());
    await eventually(async () => assert.equal(server.watches(), 2));
    other.end();
    first.end();
    first.end();
    await eventually(async () => assert.equal(server.watches(), 1));
    server.put(pod('b'));
    await eventually(async () => assert.deepEqual(late.changes, ['add shop/a', 'add shop/b']));
    assert.deepEqual(heard.changes, ['add shop/a']);
    second.end();
    await eventually(async () => assert.equal(server.watches(), 0));
    assert.equal(lists(), 2);
  });
});

/** The machine's clock, whose long timers a test fires. */
class HastyClock implements Clock {
  readonly #long = new Map<number, () => void>();
  now = systemClock.now;
  elapsed = systemClock.elapsed;

  after(delayMs: number, callback: () => void) {
    if (delayMs < 1000) return systemClock.after(delayMs, callback);
    this.#long.set(delayMs, callback);
    return { cancel: () => void this.#long.delete(delayMs) };
  }

  fire(delayMs: number): void {
    this.#long.get(delayMs)!();
  }
}
