/**
 * The single executable on its own: built, moved to an otherwise empty folder and started with an empty
 * environment, it has to serve everything that the program in its checkout serves.
 */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { utf8Encode } from '../../src/base/bytes.ts';
import { otlpJsonToProtobuf } from '../../src/ingest/decode/otlp-json.ts';
import { VERSION } from '../../src/version.ts';
import { getJson, logEntries, postBody, promInstant } from '../support/http-api.ts';
import { eventually } from '../support/poll.ts';
import { skipUnless } from '../support/program.ts';

const ROOT = join(import.meta.dirname, '../..');
const BUILD_MAX_MS = 120_000;
const START_MAX_MS = 30_000;
const TEST_MAX_MS = 120_000;
const TRACE_SERVICE = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

/** Whether the package that puts the program into the binary is installed. */
function injectorIsThere(): boolean {
  try {
    createRequire(import.meta.url).resolve('postject');
    return true;
  } catch {
    return false;
  }
}

const skip =
  process.platform === 'linux'
    ? skipUnless(injectorIsThere(), 'postject is not installed')
    : 'the single executable is built on Linux only';

const folder = mkdtempSync(join(tmpdir(), 'trilite-executable-'));
const home = join(folder, 'elsewhere');
const program = join(home, 'trilite');
const children = new Set<ChildProcess>();
const clients: Client[] = [];
const target = createServer((_request, response) => {
  response.setHeader('content-type', 'text/plain').end('executable_probe 42\n');
});

interface Server {
  readonly base: string;
  readonly grpc: string;
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts the executable with nothing in its environment but `env`. */
async function serve(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Server> {
  const ports = ['--http', '127.0.0.1:0', '--otlp-grpc', '127.0.0.1:0'];
  const child = spawn(program, ['serve', ...ports, ...args], { cwd: home, env });
  children.add(child);
  let stdout = '';
  let stderr = '';
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  exited.then(() => children.delete(child));
  const line = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not ready: ${stderr}`)), START_MAX_MS);
    exited.then((code) => {
      clearTimeout(timer);
      reject(new Error(`exited with ${code}: ${stderr}`));
    });
    child.stdout.on('data', (data) => {
      stdout += data;
      if (!stdout.includes('\n')) return;
      clearTimeout(timer);
      resolve(stdout);
    });
  });
  return {
    base: /http:\/\/\S+/.exec(line)![0],
    grpc: /grpc:\/\/(\S+)/.exec(line)![1]!,
    stop: (signal) => {
      child.kill(signal);
      return exited;
    },
  };
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return spawnSync(program, [...args], { cwd: home, env, encoding: 'utf8', timeout: START_MAX_MS });
}

/** Sends one span over gRPC. */
function exportSpan(address: string, traceId: string): Promise<unknown> {
  const nowMs = Date.now();
  const span = {
    traceId,
    spanId: '00f067aa0ba902b7',
    name: 'POST /pay',
    startTimeUnixNano: `${nowMs}000000`,
    endTimeUnixNano: `${nowMs + 5}000000`,
  };
  const body = otlpJsonToProtobuf(
    'traces',
    utf8Encode(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })),
  );
  const client = new Client(address, credentials.createInsecure());
  clients.push(client);
  const identity = (bytes: Buffer) => bytes;
  return new Promise((resolve, reject) => {
    const done = (error: ServiceError | null, answer?: Buffer) => (error ? reject(error) : resolve(answer));
    client.makeUnaryRequest(TRACE_SERVICE, identity, identity, Buffer.from(body), done);
  });
}

const pushLine = (base: string, line: string) =>
  postBody(
    `${base}/loki/api/v1/push`,
    { 'content-type': 'application/json' },
    JSON.stringify({ streams: [{ stream: { app: 'x' }, values: [[`${Date.now()}000000`, line]] }] }),
  );

async function lines(base: string): Promise<string[]> {
  const now = BigInt(Date.now()) * 1_000_000n;
  const entries = await logEntries(base, '{app="x"} |~ "o|r"', now - 600_000_000_000n, now + 1_000_000_000n);
  return entries.map((entry) => entry.line);
}

// Out here, since it also runs when all is skipped.
after(() => {
  for (const client of clients) client.close();
  for (const child of children) child.kill('SIGKILL');
  target.close();
  target.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
});

describe('the single executable', { skip, timeout: TEST_MAX_MS + BUILD_MAX_MS }, () => {
  before(async () => {
    const built = join(folder, 'build/trilite');
    const build = spawnSync(process.execPath, [join(ROOT, 'tools/executable.ts'), built], {
      encoding: 'utf8',
      timeout: BUILD_MAX_MS,
    });
    assert.equal(build.status, 0, build.stderr);
    assert.deepEqual(readdirSync(join(folder, 'build')), ['trilite'], 'the build leaves one file');
    mkdirSync(home);
    copyFileSync(built, program);
    rmSync(join(folder, 'build'), { recursive: true });
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  });

  it('knows nothing of where it was built', () => {
    assert.ok(!readFileSync(program).includes(ROOT), 'no path of the checkout is in it');
    // Nor in what it has packed, asked by its own means.
    const look = join(folder, 'look.cjs');
    writeFileSync(
      look,
      `const unpack = (name) => require('zlib').zstdDecompressSync(new Uint8Array(require('node:sea').getRawAsset(name)));
for (const name of ['program', 'writer', 'reader', 'tail', 'remote', 'config'])
  console.log(name, unpack(name + '.cjs').includes(${JSON.stringify(ROOT)}), unpack(name + '.cjs.cache').includes(${JSON.stringify(ROOT)}));
process.exit();`,
    );
    const { stdout, stderr } = run(['version'], { NODE_OPTIONS: `--require=${look}` });
    assert.match(stdout, /^(\w+ false false\n){6}$/, stderr);
  });

  it('answers with its version, and hands every argument to the program', () => {
    const version = run(['version']);
    assert.deepEqual([version.status, version.stdout], [0, `trilite ${VERSION} (node ${process.version})\n`]);
    assert.match(run(['help', 'serve']).stdout, /--otlp-grpc/);
    const bad = run(['serve', '--no-such-flag']);
    assert.equal(bad.status, 2);
    assert.match(bad.stderr, /^trilite: .*no-such-flag/);
    writeFileSync(join(home, 'bad.yml'), 'scrape_configs: 5\n');
    const config = run(['serve', '--config', 'bad.yml']);
    assert.equal(config.status, 2);
    assert.match(config.stderr, /bad\.yml:1:17/);
    writeFileSync(join(home, 'good.yml'), 'scrape_configs: [{job_name: a}]\n');
    const check = run(['check', 'config', 'good.yml']);
    assert.deepEqual(
      [check.status, /SUCCESS: .*good\.yml is valid/.test(check.stdout)],
      [0, true],
      check.stdout,
    );
    assert.equal(run(['check', 'config', 'bad.yml']).status, 1);
  });

  it('takes an addon that lies beside it, where it is the right one, and writes none then', async () => {
    const temporary = join(folder, 'unused');
    const beside = join(home, 'better-sqlite3.node');
    mkdirSync(temporary);
    writeFileSync(beside, 'not the one');
    const start = async () => {
      const server = await serve(['--data', ':memory:'], { TMPDIR: temporary });
      assert.equal(await server.stop('SIGTERM'), 0);
    };
    await start();
    const [cache] = readdirSync(temporary);
    const [name] = readdirSync(join(temporary, cache!));
    renameSync(join(temporary, cache!, name!), beside);
    await start();
    assert.deepEqual(readdirSync(join(temporary, cache!)), []);
    rmSync(beside);
  });

  it('takes, keeps and answers all three signals, with a configuration, over a kill and a stop', async () => {
    const { port } = target.address() as AddressInfo;
    writeFileSync(
      join(home, 'trilite.yml'),
      `scrape_configs:
  - job_name: probe
    scrape_interval: 200ms
    scrape_timeout: 200ms
    static_configs: [{ targets: ['127.0.0.1:${port}'] }]
`,
    );
    const traceId = '5b8efff798038103d269b633813fc60c';
    const args = ['--data', 'data', '--config', 'trilite.yml'];
    let server = await serve(args);
    await exportSpan(server.grpc, traceId);
    await pushLine(server.base, 'one');
    const probe = await eventually(async () => {
      const [sample] = await promInstant(server.base, 'sum by (job) (executable_probe)');
      assert.ok(sample, 'scraped');
      return sample;
    });
    assert.deepEqual([probe.metric, probe.value?.[1]], [{ job: 'probe' }, '42']);
    await server.stop('SIGKILL');

    server = await serve(args);
    assert.deepEqual(await lines(server.base), ['one']);
    await pushLine(server.base, 'three');
    const found = await getJson<{ traces: { traceID: string }[] }>(server.base, '/api/search', {
      q: '{ name = "POST /pay" }',
    });
    assert.deepEqual(
      found.traces.map((trace) => trace.traceID),
      [traceId],
    );
    await postBody(`${server.base}/-/flush?compact=true`, {}, '');
    assert.equal(await server.stop('SIGTERM'), 0);

    server = await serve(args);
    assert.deepEqual(await lines(server.base), ['one', 'three']);
    assert.equal(await server.stop('SIGTERM'), 0);
  });

  it('writes the addon once, into a folder of its user, and mends a damaged one', async () => {
    const temporary = join(folder, 'tmp');
    mkdirSync(temporary);
    const args = ['--data', ':memory:'];
    const start = async () => {
      const server = await serve(args, { TMPDIR: temporary });
      await pushLine(server.base, 'or');
      assert.deepEqual(await lines(server.base), ['or']);
      assert.equal(await server.stop('SIGTERM'), 0);
    };
    await start();
    assert.equal(readdirSync(temporary).length, 1, 'no other files are left');
    const cache = join(temporary, readdirSync(temporary)[0]!);
    assert.equal(statSync(cache).mode & 0o777, 0o700);
    const names = readdirSync(cache);
    assert.equal(names.length, 1);
    assert.match(names[0]!, /^better-sqlite3-[0-9a-f]{16}\.node$/);
    const addon = join(cache, names[0]!);
    const [bytes, { ino }] = [readFileSync(addon), statSync(addon)];
    await start();
    assert.equal(statSync(addon).ino, ino, 'the same file is used again');

    writeFileSync(addon, bytes.subarray(0, 1000));
    await start();
    assert.ok(readFileSync(addon).equals(bytes));

    // Where others may write, nothing is loaded from.
    chmodSync(cache, 0o777);
    writeFileSync(addon, 'planted');
    await start();
    assert.equal(readFileSync(addon, 'utf8'), 'planted');
    assert.equal(readdirSync(temporary).length, 1, 'a folder for one run is removed');
  });

  it('says in one line that it cannot write the addon', () => {
    for (const temporary of ['/proc/self/nowhere', program]) {
      const { status, stderr } = run(['serve', '--data', 'unused'], { TMPDIR: temporary });
      assert.equal(status, 2);
      assert.match(stderr, /^trilite: TMPDIR, .* must allow writing and running the database addon: .*\n$/);
    }
  });
});
