/** `trilite tail`: what it prints, how it fails, and that it goes on when the server comes back. */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { TailedLine } from '../../src/cli/tail-connection.ts';
import { parseTailFlags } from '../../src/cli/tail-flags.ts';
import { TailMemory } from '../../src/cli/tail-memory.ts';
import { TailPrinter } from '../../src/cli/tail-print.ts';
import { freePort } from '../support/free-port.ts';
import { postBody } from '../support/http-api.ts';
import { eventually } from '../support/poll.ts';
import { startServer } from '../support/server.ts';
import { type TemporaryServer, temporaryServer } from '../support/temporary-server.ts';

const PROGRAM = path.join(import.meta.dirname, '../../bin/trilite');
const running = new Set<ChildProcess>();
let temporary: TemporaryServer;
let base: string;

before(async () => {
  temporary = await temporaryServer();
  base = temporary.server.base;
});
after(async () => {
  for (const child of running) child.kill('SIGKILL');
  await temporary.dispose();
});

function runTail(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(PROGRAM, ['tail', ...args], { env: { ...process.env, ...env } });
  running.add(child);
  const out = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8');
    child[name].on('data', (text) => {
      out[name] += text;
    });
  }
  const exited = once(child, 'close').then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  return {
    out,
    exited,
    hasPrinted: (pattern: RegExp) => eventually(async () => assert.match(out.stdout, pattern)),
    interrupt: () => {
      child.kill('SIGINT');
      return exited;
    },
  };
}

let lastNs = 0n;
function push(stream: Record<string, string>, line: string, to = base): Promise<void> {
  const now = BigInt(Date.now()) * 1_000_000n;
  lastNs = now > lastNs ? now : lastNs + 1n;
  const body = JSON.stringify({ streams: [{ stream, values: [[String(lastNs), line, { trace: 't1' }]] }] });
  return postBody(`${to}/loki/api/v1/push`, { 'content-type': 'application/json' }, body);
}

describe('trilite tail', () => {
  test('prints the last lines and then what comes, until it is interrupted', async () => {
    for (const line of ['one', 'two', 'three']) await push({ app: 'follow' }, line);
    const tail = runTail(['--limit', '2', '{app="follow"}'], { TRILITE_ADDR: base });
    await tail.hasPrinted(/three\n/);
    await push({ app: 'follow', pod: 'b c' }, 'four');
    await tail.hasPrinted(/four\n/);
    assert.equal(await tail.interrupt(), 0);
    const time = String.raw`(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d\.\d{3}`;
    assert.match(tail.out.stdout, new RegExp(`^${time} two\n${time} three\n${time} pod="b c" four\n$`));
    assert.equal(tail.out.stderr, '');
  });

  test('prints lines alone, or everything as JSON; nothing of before where nothing is wanted', async () => {
    await push({ app: 'forms' }, 'before');
    const raw = runTail(['--addr', base, '-o', 'raw', '--limit', '0', '{app="forms"}']);
    const json = runTail(['--addr', base, '--output', 'jsonl', '{app="forms"} | logfmt']);
    await json.hasPrinted(/before/);
    await eventually(async () => {
      await push({ app: 'forms' }, 'k=v');
      assert.match(raw.out.stdout, /^k=v\n/);
    });
    await json.hasPrinted(/k=v/);
    assert.deepEqual([await raw.interrupt(), await json.interrupt()], [0, 0]);
    const { time, ...rest } = JSON.parse(json.out.stdout.split('\n')[1]!);
    assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
    assert.deepEqual(rest, {
      line: 'k=v',
      stream: { app: 'forms', service_name: 'forms' },
      structuredMetadata: { detected_level: 'unknown', trace: 't1' },
      parsed: { k: 'v' },
    });
  });

  test('ends without a word when whoever reads it has seen enough', async () => {
    await push({ app: 'head' }, 'line');
    const shell = spawn('sh', ['-c', `"${PROGRAM}" tail --addr ${base} '{app="head"}' | head -n 1`]);
    running.add(shell);
    let stderr = '';
    shell.stderr.on('data', (text) => {
      stderr += text;
    });
    const closed = once(shell, 'close');
    await eventually(async () => {
      await push({ app: 'head' }, 'more');
      assert.notEqual(shell.exitCode, null);
    });
    await closed;
    assert.equal(stderr, '');
  });

  test('says in a line what is wrong', async () => {
    const port = await freePort();
    const cases: [string[], number, RegExp][] = [
      [['--addr', base, '{app="x'], 2, /^trilite: parse error at line 1, col 6: literal not terminated\n$/],
      [['--addr', base, 'rate({app="x"}[1m])'], 2, /^trilite: the query makes a metric, and only log lines/],
      [
        ['--addr', `127.0.0.1:${port}`, '{a="b"}'],
        1,
        /^trilite: cannot reach http:\S+: nothing listens there\n$/,
      ],
      [
        ['--addr', `${base}/nowhere`, '{a="b"}'],
        1,
        /^trilite: http:\S+ refused \(404\): 404 page not found\n$/,
      ],
      [[], 2, /^trilite: a query is missing/],
      [['{a="b"}', 'c'], 2, /^trilite: unexpected argument "c": the query is one argument/],
      [['--nothing', '{a="b"}'], 2, /^trilite: Unknown option '--nothing'; see trilite tail --help\n$/],
      [['--output', 'xml', '{a="b"}'], 2, /^trilite: --output: "xml" is none of default, raw, jsonl/],
      [['--since', 'x', '{a="b"}'], 2, /^trilite: --since: "x" is no duration/],
      [['--limit', '-1', '{a="b"}'], 2, /^trilite: /],
      [['--header', 'x', '{a="b"}'], 2, /^trilite: --header: "x" is no 'NAME: VALUE'/],
      [['--addr', 'ftp://x', '{a="b"}'], 2, /^trilite: --addr: "ftp:\/\/x" is no address/],
    ];
    const runs = cases.map(async ([args, code, message]) => {
      const tail = runTail(args);
      assert.equal(await tail.exited, code, args.join(' '));
      assert.match(tail.out.stderr, message);
      assert.equal(tail.out.stdout, '');
    });
    await Promise.all(runs);
    const help = runTail(['--help']);
    assert.equal(await help.exited, 0);
    assert.match(help.out.stdout, /^Usage: trilite tail/);
  });

  test('sends the headers that it is told to', async () => {
    let headers: NodeJS.Dict<string | string[]> = {};
    const server = createServer().on('upgrade', (request, socket) => {
      headers = request.headers;
      socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 9\r\n\r\nno org id');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const args = ['--addr', `http://127.0.0.1:${port}`, '--header', 'X-Own: a: b', '--org-id', 'team'];
    const tail = runTail([...args, '{a="b"}']);
    assert.equal(await tail.exited, 1);
    assert.match(tail.out.stderr, /refused \(401\): no org id\n$/);
    assert.deepEqual([headers['x-own'], headers['x-scope-orgid']], ['a: b', 'team']);
    server.close();
  });

  test('goes on where it was when the server comes back, and repeats nothing', async () => {
    const other = await temporaryServer();
    const { port } = new URL(other.server.base);
    const dataDir = path.join(other.dir, 'data');
    try {
      for (let i = 0; i < 5; i++) await push({ app: 'again' }, `before ${i}`, other.server.base);
      const tail = runTail(['--addr', other.server.base, '--limit', '2', '{app="again"}']);
      await tail.hasPrinted(/before 4\n/);
      await push({ app: 'again' }, 'live', other.server.base);
      await tail.hasPrinted(/live\n/);
      assert.equal(await other.server.stop('SIGTERM'), 0);
      await eventually(async () => assert.match(tail.out.stderr, /trying again\n/));
      const restarted = await startServer({ dataDir, args: ['--http', `127.0.0.1:${port}`] });
      const addresses = [...restarted.readyLine.matchAll(/http:\S+/g)].map(([address]) => address);
      assert.ok(addresses.includes(other.server.base));
      await push({ app: 'again' }, 'while away', other.server.base);
      await tail.hasPrinted(/while away\n/);
      await push({ app: 'again' }, 'live again', other.server.base);
      await tail.hasPrinted(/live again\n/);
      assert.equal(await tail.interrupt(), 0);
      const lines = tail.out.stdout.split('\n').map((line) => line.replace(/^\S+ /, ''));
      assert.deepEqual(lines, ['before 3', 'before 4', 'live', 'while away', 'live again', '']);
      assert.match(tail.out.stderr, /^trilite: [^\n]+; trying again\ntrilite: connected again\n$/);
      await restarted.stop('SIGKILL');
    } finally {
      await other.dispose();
    }
  });
});

const NOON = Date.UTC(2026, 0, 2, 12);
const entry = (fields: Partial<TailedLine> = {}): TailedLine => ({
  ns: `${NOON}000001`,
  line: 'line',
  stream: { app: 'a' },
  structuredMetadata: {},
  parsed: {},
  ...fields,
});

describe('what is shown', () => {
  const printer = (style = {}) =>
    new TailPrinter({ output: 'default', allLabels: false, utc: true, color: false, ...style }, () => NOON);

  test('labels in which the streams so far differ; a derived one not beside its source', () => {
    const p = printer();
    const stream = (app: string) => ({ app, env: 'dev', service_name: app });
    assert.equal(p.print([entry({ stream: stream('a') })]), '12:00:00.000 line\n');
    assert.equal(p.print([entry({ stream: stream('b') })]), '12:00:00.000 app=b line\n');
    assert.equal(p.print([entry({ stream: stream('a') })]), '12:00:00.000 app=a line\n');
    assert.equal(p.print([entry({ stream: { app: 'a' } })]), '12:00:00.000 app=a line\n');
    assert.equal(
      p.print([entry({ stream: { app: 'a', env: 'prod', pod: 'x y' } })]),
      '12:00:00.000 app=a env=prod pod="x y" line\n',
    );
  });

  test('all labels, where they are asked for', () => {
    const fields = { structuredMetadata: { trace: 't' }, parsed: { k: 'a=b' } };
    assert.equal(
      printer({ allLabels: true }).print([entry(fields)]),
      '12:00:00.000 app=a trace=t k="a=b" line\n',
    );
  });

  test('the date where it is not today, lines of several lines indented', () => {
    const ns = `${NOON - 24 * 3_600_000}000000`;
    assert.equal(printer().print([entry({ ns, line: 'a\nb' })]), '2026-01-01 12:00:00.000 a\n    b\n');
  });

  test('levels as colours', () => {
    const p = printer({ color: true });
    const shown = (structuredMetadata: Record<string, string>, parsed = {}) =>
      p.print([entry({ structuredMetadata, parsed })]);
    const time = '\x1b[2m12:00:00.000\x1b[0m ';
    assert.equal(shown({ detected_level: 'error' }), `${time}\x1b[31mline\x1b[0m\n`);
    assert.equal(shown({ detected_level: 'warn' }), `${time}\x1b[33mline\x1b[0m\n`);
    assert.equal(shown({ detected_level: 'info' }), `${time}line\n`);
    assert.equal(shown({}, { level: 'DEBUG' }), `${time}\x1b[2mline\x1b[0m\n`);
  });

  test('nothing that would steer the terminal', () => {
    const line = '\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b[2J\ttab\r';
    const rest = String.raw`\x1b]0;title\x07 \x1b[2J`;
    assert.equal(printer().print([entry({ line })]), `12:00:00.000 red ${rest}\ttab\\x0d\n`);
    assert.ok(
      printer({ color: true })
        .print([entry({ line })])
        .includes('\x1b[31mred\x1b[0m '),
    );
    assert.equal(printer({ output: 'raw' }).print([entry({ line })]), `${line}\n`);
  });
});

describe('what has been shown', () => {
  const at = (seconds: number, fields: Partial<TailedLine> = {}) =>
    entry({ ns: String(BigInt(NOON + 1000 * seconds) * 1_000_000n), ...fields });
  const ns = (seconds: number) => BigInt(at(seconds).ns);

  test('is known; the tail begins again half a minute before the newest, not before its first line', () => {
    const memory = new TailMemory(ns(-3600));
    assert.equal(memory.resumeNs, ns(-3600));
    assert.ok(memory.isNew(at(0)));
    assert.ok(!memory.isNew(at(0, { stream: { app: 'a' } })));
    assert.ok(memory.isNew(at(0, { stream: { app: 'b' } })));
    assert.ok(memory.isNew(at(0, { structuredMetadata: { trace: 't' } })));
    assert.ok(memory.isNew(at(10)));
    // What was left out by the limit, before the first line, is not asked for.
    assert.equal(memory.resumeNs, ns(0));
    assert.ok(memory.isNew(at(100)));
    assert.ok(memory.isNew(at(50)));
    assert.equal(memory.resumeNs, ns(70));
  });
});

test('the command line', () => {
  const flags = parseTailFlags(['{a="b"}'], 'http://other:1/prefix')!;
  assert.equal(flags.address.href, 'http://other:1/prefix');
  assert.deepEqual(
    [flags.sinceMs, flags.output, flags.color, flags.headers],
    [3_600_000, 'default', 'auto', {}],
  );
  assert.equal(parseTailFlags(['{a="b"}'], undefined)!.address.href, 'http://127.0.0.1:3100/');
  assert.equal(
    parseTailFlags(['--addr', 'host:1', '{a="b"}'], 'http://other')!.address.href,
    'http://host:1/',
  );
  assert.equal(parseTailFlags(['{a="b"}', '--since', '90s'], undefined)!.sinceMs, 90_000);
});
