/** The program as a user starts it: the ready line, signals, what is kept, and how it fails. */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const PROGRAM = join(ROOT, 'bin/trilite');
const folder = mkdtempSync(join(tmpdir(), 'trilite-program-'));
const children = new Set<ChildProcess>();
after(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const PORTS = ['--http', '127.0.0.1:0', '--otlp-grpc', '127.0.0.1:0'];

interface Server {
  readonly child: ChildProcess;
  readonly line: string;
  readonly url: string;
  /** Everything on stdout so far. */
  stdout(): string;
  stderr(): string;
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

async function startServer(args: readonly string[], env: Record<string, string> = {}): Promise<Server> {
  const child = spawn(PROGRAM, [...args], {
    cwd: folder,
    env: { ...process.env, ...env },
  });
  children.add(child);
  let stdout = '';
  let stderr = '';
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  exited.then(() => children.delete(child));
  child.stderr!.on('data', (chunk) => {
    stderr += chunk;
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout!.on('data', (chunk) => {
      stdout += chunk;
      if (stdout.includes('\n')) resolve();
    });
    exited.then((code) => reject(new Error(`exit ${code}: ${stderr}`)));
  });
  const line = stdout.split('\n', 1)[0]!;
  return {
    child,
    line,
    url: /http:\/\/\S+/.exec(line)![0],
    stdout: () => stdout,
    stderr: () => stderr,
    stop: (signal) => {
      child.kill(signal);
      return exited;
    },
  };
}

function run(args: readonly string[], env: Record<string, string> = {}) {
  return spawnSync(PROGRAM, [...args], {
    cwd: folder,
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
}

const push = (url: string, line: string) =>
  fetch(`${url}/loki/api/v1/push`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      streams: [{ stream: { app: 'x' }, values: [[`${Date.now()}000000`, line]] }],
    }),
  });

async function linesOf(url: string): Promise<string[]> {
  const query = new URLSearchParams({
    query: '{app="x"}',
    start: String(Date.now() / 1000 - 600),
  });
  const response = await fetch(`${url}/loki/api/v1/query_range?${query}`);
  const { data } = (await response.json()) as {
    data: { result: { values: [string, string][] }[] };
  };
  return data.result.flatMap((stream) => stream.values.map(([, line]) => line)).sort();
}

describe('the server', () => {
  it('says when it is ready and where, and answers there', async () => {
    const server = await startServer([...PORTS, '--http', '127.0.0.1:0', '--data', 'new folder/ready']);
    assert.match(
      server.line,
      /^trilite ready in \d+ ms http:\/\/127\.0\.0\.1:\d+ http:\/\/127\.0\.0\.1:\d+ grpc:\/\/127\.0\.0\.1:\d+$/,
    );
    for (const url of server.line.match(/http:\/\/\S+/g)!) {
      for (const [path, text] of [
        ['/ready', 'ready\n'],
        ['/-/ready', 'Prometheus Server is Ready.\n'],
        ['/-/healthy', 'Prometheus Server is Healthy.\n'],
      ] as const) {
        const response = await fetch(url + path);
        assert.deepEqual([response.status, await response.text()], [200, text]);
      }
    }
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    assert.match(metrics, /^trilite_head_series \d+$/m);
    const page = await (await fetch(server.url)).text();
    assert.match(page, /<title>Trilite<\/title>/);
    assert.equal(await server.stop('SIGTERM'), 0);
    assert.equal(server.stdout().split('\n').length, 2, 'nothing else on stdout');
  });

  it('keeps what was acknowledged over a stop, a kill and a flush', async () => {
    const args = [...PORTS, '--data', 'kept'];
    let server = await startServer(args);
    assert.equal((await push(server.url, 'one')).status, 204);
    assert.equal(await server.stop('SIGINT'), 0);
    server = await startServer(args);
    assert.equal((await push(server.url, 'two')).status, 204);
    await server.stop('SIGKILL');
    server = await startServer(args);
    assert.deepEqual(await linesOf(server.url), ['one', 'two']);
    const flushed = await fetch(`${server.url}/-/flush?compact=true`, {
      method: 'POST',
    });
    assert.equal(flushed.status, 204);
    assert.deepEqual(await linesOf(server.url), ['one', 'two']);
    assert.equal(await server.stop('SIGTERM'), 0);
  });

  it('keeps nothing of :memory:', async () => {
    const temporary = mkdtempSync(join(folder, 'tmp-'));
    const server = await startServer([...PORTS, '--data', ':memory:'], {
      TMPDIR: temporary,
    });
    const own = () => readdirSync(temporary).filter((name) => name.startsWith('trilite-'));
    assert.equal(own().length, 1);
    assert.equal(await server.stop('SIGTERM'), 0);
    assert.deepEqual(own(), []);
    assert.ok(!existsSync(join(folder, ':memory:')));
  });

  it('stops in time with a client that holds its connection', async () => {
    const server = await startServer([...PORTS, '--data', 'held']);
    const { connect } = await import('node:net');
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    socket.write(
      'POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(await server.stop('SIGTERM'), 0);
    socket.destroy();
  });

  it('warns of a listener that others reach', async () => {
    const server = await startServer(['--http', '0.0.0.0:0', '--otlp-grpc', 'off', '--data', 'open']);
    assert.doesNotMatch(server.line, /grpc/);
    await server.stop('SIGTERM');
    assert.match(server.stderr(), /level=warn .*without authentication.*0\.0\.0\.0/);
  });

  it('is found through a link', async () => {
    const link = join(folder, 'linked');
    symlinkSync(PROGRAM, link);
    const { stdout, status } = spawnSync(link, ['version'], {
      encoding: 'utf8',
    });
    assert.equal(status, 0);
    assert.match(stdout, /^trilite \d+\.\d+\.\d+/);
  });
});

describe('trilite test promql', () => {
  const scripts = join(folder, 'scripts');
  mkdirSync(join(scripts, 'deep'), { recursive: true });
  writeFileSync(join(scripts, 'good.test'), 'load 1m\n  m 1 2\n\neval instant at 1m m\n  m 2\n');
  writeFileSync(join(scripts, 'notes.txt'), 'no script');

  it('runs files, and what a directory has of them', () => {
    const { status, stdout } = run(['test', 'promql', join(scripts, 'good.test'), scripts]);
    assert.equal(stdout, '2 passed, 0 failed\n');
    assert.equal(status, 0);
  });

  it('goes on after a case that fails and after a script that cannot be read; exit code 1', () => {
    const wrong = join(scripts, 'deep', 'wrong.test');
    const unread = join(scripts, 'deep', 'unread.test');
    writeFileSync(wrong, 'load 1m\n  m 1 2\n\neval instant at 1m m\n  m 3\n');
    writeFileSync(unread, 'load 1m\n  m 1\n\nevil\n');
    const { status, stdout } = run(['test', 'promql', scripts]);
    assert.deepEqual(stdout.trimEnd().split('\n'), [
      `${unread}:4: cannot read "evil": expected load, load_with_nhcb, eval or clear; a blank line ends what belongs to a command`,
      `${wrong}:4: m: {__name__="m"}: expected 3, got 2`,
      '1 passed, 2 failed',
    ]);
    assert.equal(status, 1);
  });

  it('says how it is used', () => {
    const { status, stdout } = run(['test', '--help']);
    assert.equal(status, 0);
    assert.match(stdout, /^Usage: trilite test rules .*\n +trilite test promql FILE/);
  });
});

describe('a failure', () => {
  const oneLine = (text: string) => assert.match(text, /^[^\n]+\n$/);

  it('of flags is one line and exit code 2', () => {
    for (const args of [
      ['--nope'],
      ['frobnicate'],
      ['--http', 'x'],
      ['test', 'nothing'],
      ['--data', ''],
      ['test', 'promql', 'nowhere.test'],
      ['test', 'promql', '--quick', 'x.test'],
    ]) {
      const { status, stderr } = run(args);
      assert.equal(status, 2, args.join(' '));
      oneLine(stderr);
    }
  });

  it('of the configuration says where, exit code 2', () => {
    const file = join(folder, 'bad.yml');
    writeFileSync(file, 'global:\n  scrape_intervall: 5s\n');
    const { status, stderr } = run(['--config', file]);
    assert.equal(status, 2);
    assert.equal(
      stderr,
      `trilite: ${file}:2:3: unknown key "scrape_intervall" in global; did you mean "scrape_interval"?\n`,
    );
  });

  it('to take a port is one line and exit code 1', async (t) => {
    const taken = createServer().listen(0, '127.0.0.1');
    t.after(() => taken.close());
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as AddressInfo;
    for (const args of [
      ['--http', `127.0.0.1:${port}`, '--otlp-grpc', 'off'],
      ['--http', '127.0.0.1:0', '--otlp-grpc', `127.0.0.1:${port}`],
    ]) {
      const { status, stderr } = run([...args, '--data', 'taken']);
      assert.equal(status, 1);
      assert.match(
        stderr,
        new RegExp(`^trilite: cannot listen on (http|grpc)://127\\.0\\.0\\.1:${port}: the port is taken\n$`),
      );
    }
  });

  it('to use the data directory is one line and exit code 1', () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    const { status, stderr } = run([...PORTS, '--data', file]);
    assert.equal(status, 1);
    assert.match(stderr, /^trilite: cannot use the data directory \S+a-file: [^\n]+\n$/);
    // Where no folder can be made, however often it is tried.
    if (existsSync('/proc/self')) assert.equal(run([...PORTS, '--data', '/proc/nowhere/data']).status, 1);
    const locked = mkdtempSync(join(folder, 'locked-'));
    chmodSync(locked, 0o500);
    if (process.getuid?.() !== 0) assert.equal(run([...PORTS, '--data', locked]).status, 1);
  });

  it('to have a data directory that another server has is one line and exit code 1', async () => {
    const args = [...PORTS, '--data', 'shared'];
    const first = await startServer(args);
    const second = run(args);
    assert.equal(second.status, 1);
    assert.match(
      second.stderr,
      /^trilite: database shared\/trilite\.db is in use by another trilite[^\n]+\n$/,
    );
    assert.equal((await push(first.url, 'still here')).status, 204);
    assert.deepEqual(await linesOf(first.url), ['still here']);
    await first.stop('SIGKILL');
    const third = await startServer(args);
    assert.deepEqual(await linesOf(third.url), ['still here']);
    assert.equal(await third.stop('SIGTERM'), 0);
  });

  it('to read the database is one line and exit code 1', () => {
    const broken = mkdtempSync(join(folder, 'broken-'));
    writeFileSync(join(broken, 'trilite.db'), 'this is no database, but long enough to look at '.repeat(100));
    const { status, stderr } = run([...PORTS, '--data', broken]);
    assert.equal(status, 1);
    oneLine(stderr);
    assert.match(stderr, /trilite\.db/);
  });
});
