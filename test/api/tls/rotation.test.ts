/** Certificates that are replaced while the server runs: by good ones, by bad ones, in steps, under load. */

import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:https';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { createLogger } from '../../../src/base/log.ts';
import { type Config, DEFAULT_CONFIG } from '../../../src/config/settings.ts';
import { openLocalEngine } from '../../../src/local-engine.ts';
import { type Running, start } from '../../../src/main.ts';
import { Authority, type Pair } from '../../support/certificates.ts';
import { eventually } from '../../support/poll.ts';
import { tlsSettings } from '../../support/tls-settings.ts';

const ANY_PORT = { host: '127.0.0.1', port: 0 };

let authority: Authority;
let pairs: Readonly<Record<'first' | 'second' | 'expired', Pair>>;
let folder: string;
let running: Running;
let port: number;
let logged: string[];

const own = (file: string) => join(folder, file);
const config = (): Config => ({
  ...DEFAULT_CONFIG,
  dataDir: ':memory:',
  http: [ANY_PORT],
  otlpGrpc: undefined,
  selfScrape: false,
  tls: tlsSettings({ cert: '', key: '', certFile: own('tls.crt'), keyFile: own('tls.key') }),
});
const begin = async () => {
  const log = createLogger('info', (line) => logged.push(line));
  running = await start(config(), { openEngine: openLocalEngine, log, load: async () => config() });
  port = running.http[0]!.port;
};

before(() => {
  authority = new Authority();
  const issue = (name: string, days = 2) =>
    authority.issue(name, { commonName: name, names: 'IP:127.0.0.1', days });
  pairs = { first: issue('first'), second: issue('second'), expired: issue('expired', -1) };
});
after(() => authority.remove());
beforeEach(() => {
  logged = [];
  folder = join(authority.folder, 'served');
  mkdirSync(folder);
  put('first');
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(name: keyof typeof pairs, what: readonly ('crt' | 'key')[] = ['crt', 'key']): void {
  for (const end of what) {
    copyFileSync(join(authority.folder, `${name}.${end}`), own(`${end}.new`));
    renameSync(own(`${end}.new`), own(`tls.${end}`));
  }
}

function connected(): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', ca: authority.pair.cert, rejectUnauthorized: false });
    socket.once('secureConnect', () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Whose certificate a new connection is shown. */
async function shown(): Promise<unknown> {
  const socket = await connected();
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return subject.CN;
}

function ask(agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(
      { port, host: '127.0.0.1', path: '/metrics', agent, ca: authority.pair.cert },
      (answer) => {
        let text = '';
        answer.on('data', (data) => {
          text += data;
        });
        answer.on('end', () => resolve(text));
        answer.on('error', reject);
      },
    );
    request.on('error', reject);
  });
}

async function metric(name: string): Promise<number> {
  const agent = new Agent();
  const text = await ask(agent);
  agent.destroy();
  return Number(new RegExp(`^trilite_tls_certificate_${name} (.*)$`, 'm').exec(text)![1]);
}
const errors = () => logged.filter((line) => line.includes('level=error'));

describe('a certificate', () => {
  beforeEach(begin);
  afterEach(() => running.stop());

  test('is replaced by what its files hold, for new connections', async () => {
    const old = await connected();
    assert.equal(await shown(), 'first');
    const expiry = await metric('expiry_timestamp_seconds');
    assert.ok(Math.abs(expiry - Date.now() / 1000 - 2 * 86_400) < 3600);
    put('second');
    await eventually(async () => assert.equal(await shown(), 'second'));
    old.write('GET /-/ready HTTP/1.1\r\nHost: a\r\n\r\n');
    const [answer] = await new Promise<string[]>((resolve) =>
      old.once('data', (data) => resolve([String(data)])),
    );
    assert.match(answer!, /^HTTP\/1\.1 200 /, 'the old connection lives on');
    old.destroy();
    assert.equal(await metric('reload_failed'), 0);
    assert.deepEqual(errors(), []);
    assert.equal(logged.filter((line) => line.includes('new TLS certificate')).length, 1);
  });

  test('stays where its files hold nothing good, which is told of once and counted until it is over', async () => {
    for (const [file, text, fault] of [
      ['tls.key', 'rubbish', 'failed to find any PEM data in key input'],
      ['tls.crt', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', 'cannot be read'],
      ['tls.key', pairs.second.key, 'private key does not match public key'],
      ['tls.crt', undefined, 'no such file or directory'],
    ] as const) {
      if (text === undefined) rmSync(own(file));
      else writeFileSync(own(file), text);
      await eventually(async () => assert.equal(await metric('reload_failed'), 1, fault));
      assert.equal(await shown(), 'first');
      await new Promise((resolve) => setTimeout(resolve, 2500));
      assert.equal(errors().length, 1, fault);
      assert.ok(errors()[0]!.includes(fault) && errors()[0]!.includes(own(file)), errors()[0]);
      assert.doesNotMatch(errors()[0]!, /rubbish|BEGIN/);
      await assert.rejects(running.reload('test'), /cannot serve TLS: /);
      put('first');
      await eventually(async () => assert.equal(await metric('reload_failed'), 0));
      logged = [];
    }
  });

  test('may be replaced in two steps', async () => {
    put('second', ['key']);
    await new Promise((resolve) => setTimeout(resolve, 300));
    put('second', ['crt']);
    await eventually(async () => assert.equal(await shown(), 'second'));
    assert.deepEqual(errors(), []);
  });

  test('may lie behind a link that is led elsewhere', async () => {
    // As Kubernetes does it: the folder of the files is a link, and another one takes its place.
    for (const name of ['first', 'second'] as const) {
      mkdirSync(own(name));
      for (const end of ['crt', 'key'])
        copyFileSync(join(authority.folder, `${name}.${end}`), join(own(name), `tls.${end}`));
    }
    symlinkSync('first', own('..data'));
    for (const end of ['crt', 'key']) {
      rmSync(own(`tls.${end}`));
      symlinkSync(`..data/tls.${end}`, own(`tls.${end}`));
    }
    symlinkSync('second', own('..new'));
    renameSync(own('..new'), own('..data'));
    await eventually(async () => assert.equal(await shown(), 'second'));
  });

  test('that has expired is served, with a warning', async () => {
    put('expired');
    await eventually(async () => assert.equal(await shown(), 'expired'));
    assert.match(logged.join(''), /level=warn msg="the TLS certificate has expired"/);
  });

  test('can be replaced under load without one request that fails', async () => {
    const agents = [new Agent({ keepAlive: true }), new Agent({ keepAlive: false })];
    let answered = 0;
    let isOver = false;
    const failures: unknown[] = [];
    const loads = [...agents, ...agents].map(async (agent) => {
      while (!isOver) {
        await ask(agent).then(
          (text) => {
            answered++;
            assert.match(text, /trilite_tls/);
          },
          (error) => failures.push(error),
        );
      }
    });
    for (const name of ['second', 'first', 'second'] as const) {
      put(name);
      await eventually(async () => assert.equal(await shown(), name));
    }
    isOver = true;
    await Promise.all(loads);
    for (const agent of agents) agent.destroy();
    assert.deepEqual(failures, []);
    assert.ok(answered > 20, String(answered));
  });
});

describe('a start', () => {
  const refused = async (message: RegExp) => {
    await assert.rejects(begin(), (error: Error) => {
      assert.equal(error.name, 'StartError');
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /\n|BEGIN/);
      return true;
    });
  };

  test('says which file is wrong, and why', async () => {
    rmSync(own('tls.crt'));
    await refused(
      /^cannot serve TLS: failed to read cert_file \(.*tls\.crt\): open .*tls\.crt: no such file or directory$/,
    );
    writeFileSync(own('tls.crt'), 'nothing');
    await refused(/failed to find any PEM data in certificate input \(cert_file .*tls\.crt\)$/);
    put('first');
    put('second', ['key']);
    await refused(/private key does not match public key \(cert_file .*tls\.crt, key_file .*tls\.key\)$/);
    writeFileSync(own('tls.key'), '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n');
    await refused(/failed to parse private key \(key_file .*tls\.key\)$/);
  });

  test('with an expired certificate is a warning', async () => {
    put('expired');
    await begin();
    await running.stop();
    assert.match(logged.join(''), /level=warn msg="the TLS certificate has expired" expired=/);
  });
});
