/**
 * `kill -9` while files are written to and rotated, again and again: every line that was written is stored once. The lines
 * take their times from the clock, so that a line that is read again would be there twice.
 *
 * `TRILITE_TEST_KILLS=NUMBER` sets how many kills there are.
 */

import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LogEntry, logEntries } from '../support/http-api.ts';
import { eventually } from '../support/poll.ts';
import { startServer, type TestServer } from '../support/server.ts';

const KILLS = Math.min(200, Number(process.env.TRILITE_TEST_KILLS ?? 12));
const FILES = 3;
/** A burst is written so often, of so many lines at most. */
const BURST_MS = 4;
const BURST_LINES = 12;
/** A file is rotated after about so many bursts. None is deleted: a file may wait for a run that lasts long enough. */
const ROTATION_BURSTS = 60;
const LOAD_MIN_MS = 150;
const LOAD_MAX_MS = 700;
const PAGE = 5000;

const folder = mkdtempSync(join(tmpdir(), 'trilite-tail-kill-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Writes numbered lines and rotates as logrotate does: rename, then a new file. `isRare`: once between two kills, so that no
 * file comes and goes while nobody looks, and the pattern need not have the old files.
 */
class Writer {
  readonly #path: string;
  readonly name: string;
  readonly isRare: boolean;
  mayRotate: boolean;
  written = 0;
  #rotations = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(name: string, isRare: boolean) {
    this.name = name;
    this.isRare = isRare;
    this.mayRotate = !isRare;
    this.#path = join(folder, `${name}.log`);
  }

  start(): void {
    this.#timer = setInterval(() => this.#burst(), BURST_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #burst(): void {
    let text = '';
    for (let n = Math.ceil(Math.random() * BURST_LINES); n > 0; n--) {
      text += `${this.name} ${this.written++} ${'.'.repeat(Math.floor(Math.random() * 80))}\n`;
    }
    // A line comes in two pieces, and between them may be anything.
    const cut = Math.floor(Math.random() * text.length);
    appendFileSync(this.#path, text.slice(0, cut));
    appendFileSync(this.#path, text.slice(cut));
    if (Math.random() * ROTATION_BURSTS > 1 || !this.mayRotate) return;
    this.mayRotate = !this.isRare;
    renameSync(this.#path, `${this.#path}.${++this.#rotations}`);
    writeFileSync(this.#path, '');
  }
}

const stored = async (base: string, name: string, startNs: bigint): Promise<LogEntry[]> => {
  const all: LogEntry[] = [];
  for (let from = startNs; ; ) {
    const page = await logEntries(base, `{job="${name}"}`, from, BigInt(Date.now() + 60_000) * 1_000_000n);
    all.push(...page);
    if (page.length < PAGE) return all;
    from = BigInt(page.at(-1)!.ns) + 1n;
  }
};

/** Once the present file is being read. Its end by a kill is no error. */
async function allowRotation(base: string, writer: Writer): Promise<void> {
  // Not before: a rotation left over from the last run would put lines from here on into the file that is renamed, and
  // they would be taken for the next one's.
  writer.mayRotate = !writer.isRare;
  const from = writer.written;
  const read = eventually(async () => {
    const query = `last_over_time({job="${writer.name}"} | pattern "<_> <n> <_>" | unwrap n [5s]) by (job)`;
    const answer = await fetch(`${base}/loki/api/v1/query?query=${encodeURIComponent(query)}`);
    const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
    assert.ok(Number(data.result[0]?.value[1]) >= from);
  }, LOAD_MAX_MS);
  await read.then(
    () => {
      writer.mayRotate = true;
    },
    () => {},
  );
}

describe('kill -9', () => {
  const startNs = BigInt(Date.now() - 60_000) * 1_000_000n;
  const writers = Array.from({ length: FILES }, (_, i) => new Writer(`w${i}`, i === 0));
  const config = join(folder, 'promtail.yml');
  const jobs = writers.map(({ name, isRare }, i) => {
    const path = `${folder}/${name}.log${isRare ? '' : '*'}`;
    // Lines that a stage holds back are not lost either.
    const stages = i === FILES - 1 ? '[{multiline: {firstline: "0 ", max_wait_time: 150ms}}]' : '[]';
    return `  - job_name: ${name}\n    pipeline_stages: ${stages}\n    static_configs: [{labels: {job: ${name}, __path__: '${path}'}}]\n`;
  });
  // The positions file lags behind on purpose: the journal has to know better.
  writeFileSync(
    config,
    `positions: {filename: ${folder}/positions.yaml, sync_period: 400ms}\ntarget_config: {sync_period: 200ms}\nscrape_configs:\n${jobs.join('')}`,
  );
  let server: TestServer | undefined;
  after(() => {
    for (const writer of writers) writer.stop();
    server?.process.kill('SIGKILL');
  });
  const start = async () => {
    server = await startServer({ dataDir: join(folder, 'data'), args: ['--promtail-config', config] });
    return server;
  };

  it(`loses and repeats nothing over ${KILLS} kills`, async () => {
    for (const writer of writers) writer.start();
    for (let kill = 0; kill < KILLS; kill++) {
      const running = await start();
      for (const writer of writers) void allowRotation(running.base, writer);
      await sleep(LOAD_MIN_MS + Math.random() * (LOAD_MAX_MS - LOAD_MIN_MS));
      await running.stop('SIGKILL');
    }
    const running = await start();
    await sleep(500);
    for (const writer of writers) writer.stop();
    for (const { name, written, isRare } of writers) {
      await eventually(async () => {
        const entries = await stored(running.base, name, startNs);
        const lines = entries.flatMap((e) => e.line.split('\n'));
        const numbers = lines.map((line) => Number(line.split(' ')[1]));
        const counts = new Map<number, number>();
        for (const n of numbers) counts.set(n, (counts.get(n) ?? 0) + 1);
        const repeated = [...counts].filter(([, c]) => c > 1).map(([n]) => n);
        assert.deepEqual(repeated, [], `${name}: stored more than once`);
        const missing = Array.from({ length: written }, (_, n) => n).filter((n) => !counts.has(n));
        assert.deepEqual(missing.slice(0, 20), [], `${name}: ${missing.length} of ${written} missing`);
        // A rename is followed in order: what was written first has the earlier time.
        if (isRare)
          assert.deepEqual(
            numbers,
            numbers.toSorted((a, b) => a - b),
            `${name}: out of order`,
          );
      });
    }
    const began = performance.now();
    assert.equal(await running.stop('SIGTERM'), 0);
    assert.ok(performance.now() - began < 5000, 'a clean end takes no longer than five seconds');
    const positions = readFileSync(join(folder, 'positions.yaml'), 'utf8');
    for (const { name } of writers) assert.match(positions, new RegExp(`/${name}\\.log: "\\d+"`));
  });
});
