/** `trilite doctor`: what it prints, its exit codes, what it sees from outside, what it sends. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { SILENT } from '../../src/base/log.ts';
import { changes, doctorCommand } from '../../src/cli/doctor.ts';
import { clean, printReport } from '../../src/cli/doctor-print.ts';
import { parseConfigFile } from '../../src/config/file.ts';
import { DEFAULT_CONFIG } from '../../src/config/settings.ts';
import { diagnose, type Report } from '../../src/doctor/diagnose.ts';
import { openLocalEngine } from '../../src/local-engine.ts';
import { type Running, start } from '../../src/main.ts';
import { came, HEALTHY, receiver, refusal, snapshot } from '../doctor/snapshots.ts';
import { Authority } from '../support/certificates.ts';
import { freePort } from '../support/free-port.ts';

const folder = mkdtempSync(join(tmpdir(), 'trilite-doctor-cli-'));
after(() => rmSync(folder, { recursive: true, force: true }));

async function run(args: readonly string[], terminal = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const output = { out: (line: string) => out.push(line), err: (line: string) => err.push(line) };
  const code = await doctorCommand(args, output, terminal);
  return { code, out: out.join('\n'), err: err.join('\n') };
}

/** A server that answers one report, or whatever else it is told to. */
async function answering(answer: { status: number; body: string; path?: string }) {
  const server: Server = createServer((request, response) => {
    const isAsked = request.url!.startsWith(answer.path ?? '/');
    response.writeHead(isAsked ? answer.status : 404, { 'Content-Type': 'application/json' });
    response.end(isAsked ? answer.body : '404 page not found');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, close: () => server.close() };
}

const envelope = (data: Report) => JSON.stringify({ status: 'success', data });

const TROUBLE = diagnose(
  snapshot({
    receivers: [
      receiver({ recent: came(90, 10, 2) }),
      receiver({ receiver: 'zipkin', lastMs: undefined, firstMs: undefined, deliveries: 0 }),
    ],
    refusals: [refusal({})],
  }),
);

const PLAIN = `trilite 1.2.3 up for 2h, at http://127.0.0.1:9090 grpc://127.0.0.1:4317

WHAT ARRIVES      SIGNAL   LAST    1m       15m     BYTES    REFUSED (15m)
remote-write 1.0  metrics  5s ago  -        0.1/s            10 items, 2 requests
Zipkin            traces   never   0.33/s   0.33/s  3 B/s    -
`;

describe('the text of a report', () => {
  const style = { color: false, all: false, width: 80 };

  it('has a table, then what is wrong with what to do, then what is well in a line', () => {
    const text = printReport(TROUBLE, style);
    const table = text
      .split('\n')
      .slice(0, 5)
      .map((line) => line.replaceAll(/ +/g, ' '));
    assert.deepEqual(
      table,
      PLAIN.trimEnd()
        .split('\n')
        .map((line) => line.replaceAll(/ +/g, ' ')),
    );
    const findings = text.slice(text.indexOf('PROBLEM'));
    assert.equal(
      findings.split('\n→').length > 0 && findings.replace(/OK {7}\d+/, 'OK       N'),
      `PROBLEM  remote-write 1.0: 3 samples from 10.0.0.7 (Prometheus/3.5.0) refused:
         out of order sample
         → an older sample than its series has, of two senders for one series or
           of a retry: give each sender labels of its own (external_labels,
           host.name), or widen storage: tsdb: out_of_order_time_window (any
           order is taken without it), for logs trilite: limits: logs:
           out_of_order_window
           example: {__name__="up"}
WARNING  remote-write 1.0: of what came in the last 15m 10% was refused, and 2
         requests as a whole
         → the findings on refusals say why, and what to do
OK       N checks found nothing; all is well with clocks, targets, logs,
         traces, queries, rules, cardinality, disk, process, configuration

1 problem, 1 warning.
`,
    );
  });

  it('has colours in a terminal alone, and unless NO_COLOR says otherwise', async () => {
    const server = await answering({ status: 200, body: envelope(TROUBLE) });
    try {
      const csi = '\u001b[';
      assert.equal((await run(['--url', server.url])).out.includes(csi), false);
      const shown = (await run(['--url', server.url], { isTTY: true, columns: 120 })).out;
      assert.ok(shown.includes(`${csi}1;31mPROBLEM`));
      assert.equal(
        (await run(['--url', server.url, '--color', 'never'], { isTTY: true })).out.includes(csi),
        false,
      );
      process.env.NO_COLOR = '1';
      assert.equal((await run(['--url', server.url], { isTTY: true })).out.includes(csi), false);
      assert.ok((await run(['--url', server.url, '--color', 'always'])).out.includes(csi));
    } finally {
      delete process.env.NO_COLOR;
      server.close();
    }
  });

  it('has everything with --all', () => {
    const text = printReport(TROUBLE, { ...style, all: true });
    assert.match(text, /id: refusals\.out_of_order/);
    assert.match(text, /OK {7}all 2 targets are up/);
  });

  it('passes nothing of a stranger on to the terminal as a command', () => {
    assert.equal(clean('a\u001b[2Jb \u0007c\nd\u009b1m'), 'ab  c d');
    const nasty = diagnose(
      snapshot({ refusals: [refusal({ message: '\u001b]0;owned\u0007x', agent: '\u001b[5mA' })] }),
    );
    const text = printReport(nasty, { ...style, all: true });
    assert.equal(text.includes('\u001b'), false);
  });
});

describe('the exit code', () => {
  it('is 0 where there is no problem, 1 where there is one', async () => {
    for (const [report, code] of [
      [diagnose(HEALTHY), 0],
      [diagnose(snapshot({ config: { warnings: ['w'] } })), 0],
      [TROUBLE, 1],
    ] as const) {
      const server = await answering({ status: 200, body: envelope(report) });
      const ran = await run(['--url', server.url, '--json']);
      server.close();
      assert.equal(ran.code, code);
      assert.deepEqual(JSON.parse(ran.out), JSON.parse(JSON.stringify(report)));
    }
  });

  it('is 2, by a ConfigError, for bad flags', async () => {
    for (const args of [
      ['--nope'],
      ['--wait', 'x'],
      ['--color', 'x'],
      ['--url', 'ftp://x'],
      ['--header', 'x'],
      ['more'],
      ['--send', '--data', 'x'],
    ]) {
      await assert.rejects(
        run(args),
        { name: 'ConfigError', message: /see trilite doctor --help/ },
        args.join(' '),
      );
    }
    assert.match((await run(['--help'])).out, /Exit code 0 where there is no problem/);
  });

  it('is 3 where nobody listens, with what a server here would be', async () => {
    const file = join(folder, 'own.yml');
    writeFileSync(file, `trilite: {http: ['127.0.0.1:19999'], data: ${join(folder, 'none')}}\n`);
    const { code, err } = await run(['--url', `http://127.0.0.1:${await freePort()}`, '--config', file]);
    assert.equal(code, 3);
    assert.match(err, /nothing listens there/);
    assert.match(err, /listens on 127\.0\.0\.1:19999/);
    assert.match(err, /where there is none yet/);
  });

  it('is 3 where somebody else answers, and says what', async () => {
    const prometheus = await answering({
      status: 200,
      body: 'Prometheus Server is Healthy.\n',
      path: '/-/healthy',
    });
    const { code, err } = await run(['--url', prometheus.url]);
    assert.equal(code, 3);
    assert.match(err, /404 404 page not found[\s\S]*looks like a Prometheus/);
    prometheus.close();
    const closed = await answering({ status: 401, body: 'no' });
    assert.match((await run(['--url', closed.url])).err, /asks who you are/);
    closed.close();
  });

  it('is 3 where the configuration is wrong, and names the place', async () => {
    const file = join(folder, 'bad.yml');
    writeFileSync(file, 'trilite: {http: 5}\n');
    const args = ['--url', `http://127.0.0.1:${await freePort()}`, '--config', file, '--json'];
    const { code, out } = await run(args);
    assert.equal(code, 3);
    const view = JSON.parse(out) as { reached: boolean; lines: string[] };
    assert.equal(view.reached, false);
    assert.ok(
      view.lines.some((line) => /the configuration is wrong.*bad\.yml/.test(line)),
      view.lines.join('\n'),
    );
  });
});

it('tells what has come between two looks, and what was refused', () => {
  const more = diagnose(
    snapshot({
      receivers: [
        receiver({ total: { accepted: 1200, refused: 0, failed: 0, bytes: 0 } }),
        receiver({ receiver: 'zipkin' }),
      ],
      refusals: [refusal({})],
    }),
  );
  assert.deepEqual(changes(diagnose(snapshot({ receivers: [receiver({})] })), more), [
    'remote-write 1.0: 200 taken (metrics)',
    'Zipkin: 1,000 taken (traces, the first)',
    'remote-write 1.0: 3 samples from 10.0.0.7 (Prometheus/3.5.0) refused: out of order sample',
  ]);
  assert.deepEqual(changes(more, more), []);
});

describe('with a real server', () => {
  const ANY = { host: '127.0.0.1', port: 0 };
  const dataDir = join(folder, 'data');
  let running: Running | undefined;
  let url: string;

  before(async () => {
    const config = { ...DEFAULT_CONFIG, dataDir, http: [ANY], otlpGrpc: ANY, selfScrape: false };
    running = await start(config, { openEngine: openLocalEngine, log: SILENT });
    running.begin();
    url = `http://127.0.0.1:${running.http[0]!.port}`;
  });
  after(() => running?.stop());

  it('--send brings an item of each signal in by every protocol, and finds it again', async () => {
    const { out } = await run(['--url', url, '--send']);
    const lines = out.split('\n').filter((line) => /^ {2}(ok|FAILED)/.test(line));
    assert.deepEqual(
      lines.filter((line) => line.includes('FAILED')),
      [],
    );
    assert.equal(lines.length, 8);
    for (const way of ['remote-write', 'Loki push', 'OTLP/HTTP', 'OTLP/gRPC']) {
      assert.ok(
        lines.some((line) => line.includes(way)),
        way,
      );
    }
    assert.match(out, /OTLP\/gRPC traces +traces/);
  });

  it('--wait tells of it, and --json keeps stdout for the report', async () => {
    const ran = await run(['--url', url, '--wait', '1ms', '--json']);
    assert.match(ran.err, /watching http/);
    assert.ok((JSON.parse(ran.out) as Report).arrivals.length > 0);
  });

  it('--url of the gRPC port is told from others', async () => {
    const { code, err } = await run(['--url', `http://127.0.0.1:${running!.grpc!.port}`]);
    assert.equal(code, 3);
    assert.match(err, /gRPC port of a Trilite/);
  });

  it('--data says what is there and whose it is', async () => {
    const held = await run(['--data', dataDir, '--json']);
    assert.equal(held.code, 0, held.err);
    const before = JSON.parse(held.out) as { locked: boolean; walRows: number };
    assert.equal(before.locked, true);
    assert.ok(before.walRows > 0);
    await running!.stop();
    running = undefined;
    const free = await run(['--data', dataDir]);
    assert.equal(free.code, 0);
    assert.match(free.out, /free: no server runs on it/);
    assert.match(free.out, /traces {3}2 items in \d blocks/);
    assert.match(free.out, /OK {7}the file is sound/);
  });

  it('--data tells a folder without a database, and a file that is none', async () => {
    assert.equal((await run(['--data', folder])).code, 3);
    const bad = mkdtempSync(join(folder, 'bad-'));
    writeFileSync(
      join(bad, 'trilite.db'),
      'no database at all, only some text that is longer than a header of SQLite is'.repeat(20),
    );
    const { code, err } = await run(['--data', bad]);
    assert.equal(code, 1);
    assert.match(err, /cannot open .*trilite\.db: file is not a database/);
  });
});

describe('where credentials and TLS are asked for', () => {
  const authority = new Authority();
  const token = join(folder, 'token');
  const asking = (token: string) => ['--token-file', token, '--tls.ca-file', authority.pair.certFile];
  let running: Running;
  before(async () => {
    writeFileSync(token, 'look\n');
    const { certFile, keyFile } = authority.issue('localhost', { names: 'DNS:localhost' });
    const text = `trilite:
  tls: { cert_file: ${certFile}, key_file: ${keyFile} }
  auth:
    tokens:
      - { name: a, token: look, scopes: [read, ingest] }
      - { name: b, token: send, scopes: [ingest] }
`;
    const config = await parseConfigFile('/nowhere/trilite.yml', text, {});
    const anyPort = { host: '127.0.0.1', port: 0 };
    running = await start(
      { ...config, dataDir: ':memory:', http: [anyPort], otlpGrpc: anyPort },
      { openEngine: openLocalEngine, log: SILENT },
    );
  });
  after(async () => {
    await running.stop();
    authority.remove();
  });
  const url = () => `https://localhost:${running.http[0]!.port}`;

  it('asks and sends with them, over gRPC too', async () => {
    const { out, err } = await run(['--url', url(), '--send', '--all', ...asking(token)]);
    assert.match(out, /with authentication|grpcs:\/\//);
    assert.match(out, /ok .*OTLP\/gRPC/i);
    assert.doesNotMatch(out + err, /FAILED|\blook\b/);
  });

  it('says what is missing', async () => {
    const none = await run(['--url', url(), '--tls.ca-file', authority.pair.certFile]);
    assert.equal(none.code, 3);
    assert.match(none.err, /it asks who you are \(401\): --username/);
    const narrow = join(folder, 'narrow');
    writeFileSync(narrow, 'send');
    assert.match((await run(['--url', url(), ...asking(narrow)])).err, /\(403\): it takes the scope `read`/);
    const strange = await run(['--url', url(), '--token-file', token]);
    assert.match(strange.err, /certificate/);
    await assert.rejects(
      run(['--url', url(), '--token-file', join(folder, 'none')]),
      /see trilite doctor --help/,
    );
  });
});
