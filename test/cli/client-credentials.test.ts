/** How `trilite tail` and `trilite check` say who they are. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { checkServer } from '../../src/cli/check-server.ts';
import { authorizationOf, type CredentialFlags, NO_CREDENTIALS } from '../../src/cli/client-credentials.ts';
import { parseTailFlags } from '../../src/cli/tail-flags.ts';
import { basic } from '../support/guarded-server.ts';
import { postBody } from '../support/http-api.ts';
import { eventually } from '../support/poll.ts';
import { type TemporaryServer, temporaryServer } from '../support/temporary-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'trilite-client-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'secret');
writeFileSync(file, 'from file\n');

test('flags go before the URL, and that before the environment', () => {
  const plain = new URL('http://h');
  const withUser = new URL('http://u:p%40@h');
  const of = (flags: CredentialFlags, url = plain, environment = {}) =>
    authorizationOf(flags, url, { ...NO_CREDENTIALS, ...environment });
  const env = { username: 'e', password: 'ep', token: undefined };
  assert.equal(of({}), undefined);
  assert.equal(of({ 'token-file': file }, withUser, env), 'Bearer from file');
  assert.equal(of({ username: 'n', 'password-file': file }, withUser, env), basic('n', 'from file'));
  assert.equal(of({ username: 'n' }, withUser, env), basic('n', 'ep'));
  assert.equal(of({ 'password-file': file }, withUser, env), basic('e', 'from file'));
  assert.equal(of({}, withUser, env), basic('u', 'p@'));
  assert.equal(of({}, plain, env), basic('e', 'ep'));
  assert.equal(of({}, plain, { token: 't' }), 'Bearer t');
  assert.equal(of({}, plain, { username: 'e' }), undefined);
  assert.throws(() => of({ username: 'n' }), /--username needs --password-file, or TRILITE_PASSWORD/);
  assert.throws(() => of({ 'password-file': file }), /--password-file needs --username/);
  assert.throws(() => of({ 'token-file': file, username: 'n' }), /--token-file excludes --username/);
  assert.throws(() => of({ 'token-file': join(folder, 'none') }), /--token-file: open .*none: no such file/);
  const headers = parseTailFlags(['{a="b"}', '--token-file', file], undefined)!.headers;
  assert.deepEqual(headers, { Authorization: 'Bearer from file' });
});

test('a check sends them in the header, and shows them nowhere', async () => {
  let seen: string | undefined;
  const server = createServer((request, response) => {
    seen = request.headers.authorization;
    response.statusCode = 503;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  let told = '';
  const output = { out: (text: string) => (told += text), err: (text: string) => (told += text) };
  assert.equal(
    await checkServer(
      `u:s3cret@127.0.0.1:${port}/x/`,
      'ready',
      { followRedirects: true, httpHeaders: {} },
      output,
    ),
    1,
  );
  assert.equal(seen, basic('u', 's3cret'));
  assert.equal(told, `check failed: URL=http://127.0.0.1:${port}/x, status=503`);
  server.close();
});

describe('trilite tail, where a token is asked for', () => {
  let own: TemporaryServer;
  before(async () => {
    const auth =
      'users: [{ username: s, password: s, scopes: [ingest] }], tokens: [{ name: t, token: look, scopes: [read] }]';
    own = await temporaryServer(`trilite:\n  auth: { ${auth} }\n`);
    const streams = [{ stream: { app: 'x' }, values: [[`${Date.now()}000000`, 'a line']] }];
    const headers = { 'content-type': 'application/json', authorization: basic('s', 's') };
    await postBody(`${own.server.base}/loki/api/v1/push`, headers, JSON.stringify({ streams }));
  });
  after(() => own?.dispose());

  function tail(env: Record<string, string>) {
    const program = join(import.meta.dirname, '../../bin/trilite');
    let out = '';
    const child = execFile(program, ['tail', '--addr', own.server.base, '-o', 'raw', '{app="x"}'], {
      env: { ...process.env, ...env },
    });
    child.stdout!.on('data', (text) => (out += text));
    child.stderr!.on('data', (text) => (out += text));
    return { child, out: () => out };
  }

  test('follows with it and is refused without', async () => {
    const good = tail({ TRILITE_TOKEN: 'look' });
    await eventually(async () => assert.equal(good.out(), 'a line\n'), 30_000);
    good.child.kill();
    const bad = tail({ TRILITE_TOKEN: 'wrong' });
    await eventually(async () => assert.match(bad.out(), /refused \(401\): wrong credentials/), 30_000);
    bad.child.kill();
  });
});
