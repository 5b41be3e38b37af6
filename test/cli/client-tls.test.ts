/** Commands that speak to a server over TLS; and that what a server keeps secret is in nothing that it shows. */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { checkCommand } from '../../src/cli/check.ts';
import { parseTailFlags } from '../../src/cli/tail-flags.ts';
import { type MutualTls, serverWithTls } from '../clients/tls/server-with-tls.ts';
import { eventually } from '../support/poll.ts';
import { startProgram } from '../support/program.ts';
import { temporaryServer } from '../support/temporary-server.ts';

const PROGRAM = path.join(import.meta.dirname, '../../bin/trilite');

let own: MutualTls;
before(async () => {
  own = await serverWithTls(true);
});
after(() => own?.dispose());

const flags = () => [
  ...['--tls.ca-file', own.authority.pair.certFile],
  ...['--tls.cert-file', own.client.certFile, '--tls.key-file', own.client.keyFile],
];

async function check(args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  const lines: string[] = [];
  const output = { out: (line: string) => lines.push(line), err: (line: string) => lines.push(line) };
  const code = await checkCommand(args, output);
  return { code, text: lines.join('\n') };
}

describe('trilite check healthy', () => {
  test('speaks TLS', async () => {
    const url = ['--url', own.secure];
    const healthy = { code: 0, text: '  SUCCESS:  Prometheus Server is Healthy.' };
    assert.deepEqual(await check(['healthy', ...url, ...flags()]), healthy);
    const skipped = ['--tls.insecure-skip-verify', ...flags().slice(2)];
    assert.deepEqual(await check(['healthy', ...url, ...skipped]), healthy);
    const file = path.join(own.dir, 'client.yml');
    const { certFile, keyFile } = own.client;
    const tls = { ca_file: own.authority.pair.certFile, cert_file: certFile, key_file: keyFile };
    writeFileSync(file, JSON.stringify({ tls_config: tls }));
    assert.deepEqual(await check(['healthy', ...url, '--http.config.file', file]), healthy);
  });

  test('says what is wrong with a certificate', async () => {
    const url = ['--url', own.secure];
    const unknown = await check(['healthy', ...url]);
    assert.equal(unknown.code, 1);
    assert.match(unknown.text, /check failed: URL=https:.*x509: certificate signed by unknown authority/);
    const other = await check(['ready', ...url, ...flags(), '--tls.server-name', 'elsewhere']);
    assert.match(other.text, /certificate is valid for localhost, not elsewhere/);
    assert.equal((await check(['ready', ...url, ...flags().slice(0, 2)])).code, 1, 'without a certificate');
    const plain = await check(['healthy', '--url', own.secure.replace('https', 'http')]);
    assert.match(plain.text, /status=400$/);
  });

  test('refuses flags that do not go together', async () => {
    await assert.rejects(check(['healthy', '--tls.cert-file', 'a']), /belong together/);
    const both = check(['healthy', '--http.config.file', 'a', '--tls.ca-file', 'b']);
    await assert.rejects(both, /--tls.ca-file and --http.config.file cannot both be given/);
    await assert.rejects(check(['healthy', '--http.config.file', '/none']), {
      name: 'ConfigError',
      message: 'cannot read the HTTP client configuration: open /none: no such file or directory',
    });
  });
});

describe('trilite check config', () => {
  test('tries the certificate that a server would start with', async () => {
    const file = path.join(own.dir, 'check.yml');
    const { certFile, keyFile } = own.client;
    const verdict = async (key_file: string, ...args: readonly string[]) => {
      writeFileSync(file, JSON.stringify({ trilite: { tls: { cert_file: certFile, key_file } } }));
      return check(['config', ...args, file]);
    };
    assert.equal((await verdict(keyFile)).code, 0);
    const wrong = await verdict(own.authority.pair.keyFile);
    assert.equal(wrong.code, 1);
    assert.match(wrong.text, /FAILED: cannot serve TLS: .*private key does not match public key/);
    assert.equal((await verdict('missing.key', '--syntax-only')).code, 0);
  });
});

describe('trilite tail', () => {
  test('speaks TLS', async () => {
    const streams = [{ stream: { app: 'shop' }, values: [[`${Date.now()}000000`, 'sold']] }];
    const pushed = await fetch(`${own.plain}/loki/api/v1/push`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ streams }),
    });
    assert.equal(pushed.status, 204);
    const tail = startProgram(PROGRAM, [
      'tail',
      '--addr',
      own.secure,
      '-o',
      'raw',
      ...flags(),
      '{app="shop"}',
    ]);
    await eventually(async () => assert.equal(tail.output(), 'sold\n'));
    await tail.stop('SIGTERM');
    const refused = startProgram(PROGRAM, ['tail', '--addr', own.secure, '{app="shop"}']);
    assert.equal(await refused.exited, 1);
    assert.match(refused.output(), /cannot reach https:.*certificate/);
    const missing = startProgram(PROGRAM, [
      'tail',
      '--addr',
      own.secure,
      '--tls.ca-file',
      '/none',
      '{app="shop"}',
    ]);
    assert.equal(await missing.exited, 1);
    assert.match(missing.output(), /^trilite: unable to read CA cert: .*no such file or directory\n$/);
  });

  test('keeps its flags', () => {
    assert.equal(parseTailFlags(['--tls.ca-file', 'a', 'q'], undefined)?.client['tls.ca-file'], 'a');
  });
});

describe('a server', () => {
  test('says where it speaks TLS', () => {
    assert.match(own.server.readyLine, / https:\/\/127\.0\.0\.1:\d+ http:\/\/localhost:\d+ grpcs:\/\/127/);
  });

  test('shows its key nowhere', async () => {
    const key = readFileSync(own.client.keyFile, 'utf8');
    const piece = key.split('\n')[3]!;
    const tls = { cert: own.client.cert, key };
    const config = JSON.stringify({
      scrape_configs: [],
      trilite: { tls: { ...tls, plain: ['localhost:0'] } },
    });
    const args = ['--http', 'localhost:0', '--log-level', 'debug', '--web.enable-lifecycle'];
    const inline = await temporaryServer(config, args);
    try {
      const { base } = inline.server;
      await fetch(`${base}/-/reload`, { method: 'POST' });
      writeFileSync(path.join(inline.dir, 'config.yml'), config.replace('PRIVATE', 'PRIVATISSIMUM'));
      assert.equal((await fetch(`${base}/-/reload`, { method: 'POST' })).status, 500);
      for (const place of [
        '/api/v1/status/config',
        '/config',
        '/api/v1/status/flags',
        '/metrics',
        '/status/config',
      ]) {
        const text = await (await fetch(base + place)).text();
        assert.ok(!text.includes(piece), place);
      }
      const shown = await (await fetch(`${base}/api/v1/status/config`)).text();
      assert.match(shown, /<secret>/);
      assert.match(
        inline.server.stderr(),
        /failed to find any PEM data in key input|failed to parse private key/,
      );
      assert.ok(!inline.server.stderr().includes(piece));
    } finally {
      await inline.dispose();
    }
  });
});
