/** Programs that give credentials: a script of the test's, asked by a client of a fake API server. */

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ExecCredentials } from '../../src/kube/exec-credentials.ts';
import type { ExecPlugin } from '../../src/kube/exec-plugin.ts';
import { KubeClient } from '../../src/kube/kube-client.ts';
import { Authority } from '../support/certificates.ts';
import { FakeApiServer } from './fake-api-server.ts';

const API_VERSION = 'client.authentication.k8s.io/v1';

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'trilite-exec-'));
  // Notes that it ran, with what it was told, and says what stands in a file.
  writeFileSync(
    join(folder, 'run.sh'),
    'echo "$1 $EXTRA $KUBERNETES_EXEC_INFO" >> "$0.log"; cat "$0.answer"\n',
  );
});
after(() => rmSync(folder, { recursive: true, force: true }));

const script = (): string => join(folder, 'run.sh');
const answer = (status: object, apiVersion = API_VERSION): void =>
  writeFileSync(`${script()}.answer`, JSON.stringify({ kind: 'ExecCredential', apiVersion, status }));
const runs = (): string[] =>
  existsSync(`${script()}.log`) ? readFileSync(`${script()}.log`, 'utf8').trim().split('\n') : [];

function plugin(changes: Partial<ExecPlugin> = {}): ExecPlugin {
  rmSync(`${script()}.log`, { force: true });
  return {
    file: 'config',
    command: 'sh',
    // No shell reads it.
    args: [script(), '$(id)'],
    env: { EXTRA: 'extra' },
    apiVersion: API_VERSION,
    installHint: '',
    cluster: undefined,
    ...changes,
  };
}

const environment = { PATH: process.env.PATH };
const credentials = (changes: Partial<ExecPlugin> = {}) => new ExecCredentials(plugin(changes), environment);

describe('a program for credentials', () => {
  it('is run once until they expire, however many ask, and told what the file says', async () => {
    answer({ token: 't1' });
    const exec = credentials({ cluster: { server: 'https://k' } });
    const all = await Promise.all([exec.current(), exec.current(), exec.current()]);
    assert.deepEqual(all, [all[0], all[0], all[0]]);
    assert.equal((await exec.current()).token, 't1');
    const info = { kind: 'ExecCredential', apiVersion: API_VERSION };
    const spec = { interactive: false, cluster: { server: 'https://k' } };
    assert.deepEqual(runs(), [`$(id) extra ${JSON.stringify({ ...info, spec })}`]);
    exec.forget(all[0]!);
    answer({ token: 't2', expirationTimestamp: new Date(Date.now() + 3_600_000).toISOString() });
    assert.equal((await exec.current()).token, 't2');
    exec.forget(all[0]!);
    assert.equal((await exec.current()).token, 't2', 'those that came since stay');
    assert.equal(runs().length, 2);
  });

  it('is run again once they have expired', async () => {
    answer({ token: 't', expirationTimestamp: '2020-01-01T00:00:00Z' });
    const exec = credentials();
    await exec.current();
    await exec.current();
    assert.equal(runs().length, 2);
  });

  it('that fails is told without anything that it said', async () => {
    const fails = (changes: Partial<ExecPlugin>, message: RegExp) =>
      assert.rejects(credentials(changes).current(), (error: Error) => {
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      });
    await fails(
      { command: '/no/such', installHint: 'Get it.' },
      /^kubeconfig config: exec "\/no\/such": there is no such program: Get it\.$/,
    );
    await fails(
      { args: ['-c', 'echo secret; echo secret >&2; exit 3'] },
      /exec "sh": it ended with 3: run it by hand/,
    );
    await fails({ command: folder }, /it may not be run/);
    const none = /its answer is no ExecCredential$/;
    await fails({ args: ['-c', 'echo secret'] }, none);
    const wrong: readonly object[] = [
      {},
      { token: 5 },
      { clientCertificateData: 'secret' },
      { token: 'secret', expirationTimestamp: 'soon' },
    ];
    for (const status of wrong) {
      answer(status);
      await fails({}, none);
    }
    answer({ token: 'secret' }, 'client.authentication.k8s.io/v1beta1');
    await fails({}, none);
  });
});

describe('a client with such a program', () => {
  const get = (client: KubeClient) => client.get('/api/v1/nodes');
  const clientOf = (api: FakeApiServer, tls = {}) => {
    const client = { followRedirects: true, httpHeaders: {}, ...tls };
    return new KubeClient({ apiServer: api.url, client, exec: plugin() }, 'test', environment);
  };

  it('asks with the token, and has another one given when that is not taken any more', async () => {
    const api = await FakeApiServer.start({ token: 't1' });
    answer({ token: 't1' });
    const client = clientOf(api);
    await get(client);
    api.rotateToken('t2');
    await assert.rejects(get(client), /answered 401/);
    answer({ token: 't2' });
    await get(client);
    assert.equal(runs().length, 2);
    client.close();
    await api.stop();
  });

  it('connects with the certificate', async () => {
    const authority = new Authority();
    const mine = authority.issue('me', {});
    const api = await FakeApiServer.start({
      tls: { ...authority.issue('server', { names: 'IP:127.0.0.1' }), ca: authority.pair.cert },
    });
    const ca = { value: authority.pair.cert };
    answer({ clientCertificateData: mine.cert, clientKeyData: mine.key });
    const tls = { ca, serverName: '', insecureSkipVerify: false };
    const client = clientOf(api, { tls });
    await get(client);
    client.close();
    answer({ token: 'none is asked for' });
    const without = clientOf(api, { tls });
    await assert.rejects(get(without));
    without.close();
    await api.stop();
    authority.remove();
  });
});
