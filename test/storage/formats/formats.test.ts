/**
 * Databases that earlier versions of the program wrote, real ones, killed with data in blocks and in the WAL: today's
 * program opens each and answers what the one that wrote it answered. What is not its to open it leaves as it is.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import Database from 'better-sqlite3';
import { SCHEMA_VERSION } from '../../../src/storage/sqlite/schema.ts';
import { postBody } from '../../support/http-api.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { tempDir } from '../local-engine.ts';
import { assertTold, startReceiver } from './alerted.ts';
import { type Answers, askAll, spansOf } from './answers.ts';
import { DATABASE, fixtures, unpack } from './fixture.ts';
import { SAMPLING_CONFIG, WAITING_TRACE } from './story.ts';

const TIMEOUT = { timeout: 60_000 };
const PROGRAM = path.join(import.meta.dirname, '../../../bin/trilite');
const MIGRATING = path.join(import.meta.dirname, 'migrating.ts');
const EXIT_FAILURE = 1;

const started: TestServer[] = [];
// One whose test failed would keep this process alive.
after(() => Promise.all(started.map((server) => server.stop('SIGKILL'))));

/** Starts over a recorded database: nothing of it is too old, whatever the clock says. */
async function start(dataDir: string, waiting = false, more: readonly string[] = []): Promise<TestServer> {
  const args = ['--retention', '0', ...more];
  if (waiting) {
    const config = path.join(tempDir(), 'trilite.yml');
    fs.writeFileSync(config, SAMPLING_CONFIG);
    args.push('--config', config);
  }
  const server = await startServer({ dataDir, args });
  started.push(server);
  return server;
}

/** Question by question: what differs is told in few lines. */
async function assertAnswers({ base }: TestServer, expected: Answers): Promise<void> {
  const now = await askAll(base);
  for (const question of Object.keys(expected)) assert.deepEqual(now[question], expected[question], question);
}

interface Form {
  readonly version: number;
  /** Name and text of every table and index. */
  readonly tables: readonly unknown[];
}

/** Looks at a copy, so that the files stay as they are. */
function formOf(dir: string): Form {
  const copy = tempDir();
  for (const suffix of ['', '-wal']) {
    const file = path.join(dir, DATABASE + suffix);
    if (fs.existsSync(file)) fs.copyFileSync(file, path.join(copy, DATABASE + suffix));
  }
  const db = new Database(path.join(copy, DATABASE));
  try {
    assert.equal(db.pragma('integrity_check', { simple: true }), 'ok');
    const tables = db.prepare('SELECT name, sql FROM sqlite_master ORDER BY name').all();
    return { version: db.pragma('user_version', { simple: true }) as number, tables };
  } finally {
    db.close();
  }
}

function filesOf(dir: string): Record<string, string> {
  const names = fs.readdirSync(dir).filter((name) => !name.endsWith('.lock'));
  return Object.fromEntries(
    names.map((name) => [name, fs.readFileSync(path.join(dir, name)).toString('base64')]),
  );
}

/** A start that must fail, with one line, and change nothing. */
function assertRefused(dir: string, line: RegExp): void {
  const before = filesOf(dir);
  const args = ['serve', '--data', dir, '--http', '127.0.0.1:0', '--otlp-grpc', 'off'];
  const { status, stderr } = spawnSync(PROGRAM, args, { encoding: 'utf8', timeout: TIMEOUT.timeout });
  assert.equal(status, EXIT_FAILURE, stderr);
  assert.match(stderr, line);
  assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
  assert.ok(JSON.stringify(filesOf(dir)) === JSON.stringify(before), 'not a byte is another');
}

describe('databases of earlier versions', () => {
  it('are kept for every version of the format, also the newest', () => {
    const kept = new Set(fixtures().map(({ version }) => version));
    const missing = Array.from({ length: SCHEMA_VERSION }, (_, i) => i + 1).filter((v) => !kept.has(v));
    assert.deepEqual(missing, [], 'node test/storage/formats/record.ts keeps one (CONTRIBUTING.md)');
  });

  for (const { name, version } of fixtures()) {
    it(`${name} answers as it did, as it is and when it is merged and opened again`, TIMEOUT, async () => {
      const dir = tempDir();
      const { answers, waiting, alerted } = unpack(name, dir);
      assert.equal(formOf(dir).version, version);
      const receiver = alerted ? await startReceiver(tempDir()) : undefined;
      let server = await start(dir, waiting, receiver?.args);
      await assertAnswers(server, answers);
      if (receiver) await assertTold(server.base, receiver).finally(() => receiver.recorder.stop());
      if (waiting) {
        await postBody(`${server.base}/-/flush?sampling=decide`, {}, '');
        assert.equal((await spansOf(server.base, WAITING_TRACE)).length, 2, 'what waited is kept');
      }
      await postBody(`${server.base}/-/flush?compact=true`, {}, '');
      assert.equal(await server.stop(), 0);
      assert.equal(formOf(dir).version, SCHEMA_VERSION);
      server = await start(dir);
      await assertAnswers(server, answers);
      await server.stop('SIGKILL');
    });
  }
});

describe('a migration', () => {
  for (const { name, version } of fixtures().filter((f) => f.name === 'v1' || f.name === 'v3')) {
    it(
      `of ${name} that is killed in any of its steps leaves the old form, and is done again`,
      TIMEOUT,
      async () => {
        const dir = tempDir();
        const { answers } = unpack(name, dir);
        const before = formOf(dir);
        for (let step = version; step < SCHEMA_VERSION; step++) {
          const args = [MIGRATING, path.join(dir, DATABASE), String(step)];
          const { signal, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
          assert.equal(signal, 'SIGKILL', stderr);
          assert.deepEqual(formOf(dir), before, `killed in step ${step}`);
        }
        const server = await start(dir);
        assert.deepEqual(await askAll(server.base), answers);
        await server.stop('SIGKILL');
        assert.equal(formOf(dir).version, SCHEMA_VERSION);
      },
    );
  }
});

describe('a file that is not for this version', () => {
  const newer = `format ${SCHEMA_VERSION + 1}, this one reads up to ${SCHEMA_VERSION}`;

  it('because it is newer is refused and left as it is, also where only the WAL says so', TIMEOUT, () => {
    const [from, dir] = [tempDir(), tempDir()];
    unpack(`v${SCHEMA_VERSION}`, from);
    const db = new Database(path.join(from, DATABASE));
    db.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
    // While it is open the change is in the WAL alone.
    for (const file of fs.readdirSync(from)) fs.copyFileSync(path.join(from, file), path.join(dir, file));
    assertRefused(dir, new RegExp(newer));
    db.close();
    assertRefused(from, new RegExp(newer));
  });

  it("because it is another program's is refused and left as it is", TIMEOUT, () => {
    for (const version of [0, 5]) {
      const dir = tempDir();
      const db = new Database(path.join(dir, DATABASE));
      db.exec('CREATE TABLE bookmark (id INTEGER PRIMARY KEY, url TEXT)');
      db.pragma(`user_version = ${version}`);
      db.close();
      assertRefused(dir, /trilite\.db is the database of another program/);
    }
    const dir = tempDir();
    fs.writeFileSync(path.join(dir, DATABASE), 'a letter, and no database at all\n'.repeat(500));
    assertRefused(dir, /trilite\.db/);
  });

  it('because its end is missing is salvaged, and kept beside', TIMEOUT, async () => {
    const dir = tempDir();
    unpack('v4', dir);
    const file = path.join(dir, DATABASE);
    const whole = new Database(file);
    whole.pragma('wal_checkpoint(TRUNCATE)');
    whole.close();
    fs.truncateSync(file, Math.floor(fs.statSync(file).size / 8192 / 2) * 8192);
    const cut = fs.readFileSync(file);
    const server = await start(dir);
    assert.match(server.stderr(), /the damaged file is kept as .*trilite\.db\.damaged/);
    await server.stop('SIGKILL');
    assert.ok(fs.readFileSync(`${file}.damaged`).equals(cut), 'not a byte is another');
  });
});
