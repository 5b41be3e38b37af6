/** Files are followed through everything that happens to logs: growth, rotation, truncation, deletion, restarts. */

import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, readFileSync, renameSync, truncateSync, unlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { eventually } from '../support/poll.ts';
import { metric, TailFolder } from './tail-harness.ts';

let folder: TailFolder;
beforeEach(() => {
  folder = new TailFolder();
});
afterEach(() => folder.remove());

const CONFIG = `
scrape_configs:
  - job_name: app
    static_configs:
      - targets: [localhost]
        labels: {job: app, __path__: PATH/app.log}
`;
/** Numbered lines, each of some length so that the head of a file is its own. */
const lines = (from: number, to: number, name = 'line'): string[] =>
  Array.from({ length: to - from }, (_, i) => `${name} ${from + i} ${'x'.repeat(40)}`);
const text = (list: readonly string[]): string => list.map((l) => `${l}\n`).join('');

const sees = (expected: readonly string[], job?: string) =>
  eventually(async () => assert.deepEqual(folder.recorder.lines(job), expected));

describe('a file', () => {
  it('is read from its start and on as it grows, a partial line when it is complete', async () => {
    const path = folder.write('app.log', 'first\r\nsec');
    await folder.start(CONFIG);
    await sees(['first']);
    appendFileSync(path, 'ond\n\nthird\n');
    await sees(['first', 'second', '', 'third']);
    const [entry] = folder.recorder.entries;
    assert.deepEqual(entry!.labels, { filename: path, job: 'app', service_name: 'app' });
    assert.deepEqual(entry!.metadata, { detected_level: 'unknown' });
  });

  it('gives each line a time of its own, ascending', async () => {
    folder.write('app.log', 'same\n'.repeat(500));
    await folder.start(CONFIG);
    await eventually(async () => assert.equal(folder.recorder.entries.length, 500));
    const times = folder.recorder.entries.map((e) => e.ns);
    assert.ok(times.every((t, i) => i === 0 || t > times[i - 1]!));
  });

  it('that comes later is found, and one that goes is let go', async () => {
    const running = await folder.start(CONFIG);
    const path = folder.write('app.log', 'here\n');
    await sees(['here']);
    assert.equal(metric(running.telemetry, 'trilite_tail_files_active'), 1);
    unlinkSync(path);
    await eventually(async () => assert.equal(metric(running.telemetry, 'trilite_tail_files_active'), 0));
    await running.stop();
    assert.equal(readFileSync(folder.positionsFile, 'utf8'), 'positions: {}\n');
  });

  it('skips what is too long to be a line', async () => {
    const running = await folder.start(CONFIG);
    folder.write('app.log', `before\n${'y'.repeat(1_500_000)}\nafter\n${'z'.repeat(300_000)}\nend\n`);
    await sees(['before', 'after', 'end']);
    // Larger than what is read at all, and larger than what a push may have.
    const dropped = (client: string, reason: string) =>
      metric(running.telemetry, `trilite_tail_dropped_entries_total{client="${client}",reason="${reason}"}`);
    assert.equal(dropped('', 'line_too_long'), 1);
    assert.equal(dropped('', 'limit'), 1);
  });

  it('is followed once where two patterns have it, and not where it is excluded', async () => {
    folder.write('a/one.log', 'one\n');
    folder.write('a/b/two.log', 'two\n');
    folder.write('a/b/no.log', 'no\n');
    await folder.start(`
scrape_configs:
  - job_name: all
    static_configs:
      - labels: {job: all, __path__: 'PATH/**/*.log', __path_exclude__: 'PATH/**/no.log'}
      - labels: {job: again, __path__: 'PATH/a/one.log'}
`);
    await eventually(async () => assert.deepEqual(folder.recorder.lines().sort(), ['one', 'two']));
  });
});

describe('rotation', () => {
  it('by renaming: the rest of the old file comes before the new one', async () => {
    const path = folder.write('app.log', text(lines(0, 100)));
    const running = await folder.start(CONFIG);
    await eventually(async () => assert.equal(folder.recorder.entries.length, 100));
    appendFileSync(path, text(lines(100, 200)));
    renameSync(path, `${path}.1`);
    appendFileSync(`${path}.1`, text(lines(200, 300)));
    folder.write('app.log', text(lines(300, 400)));
    await sees(lines(0, 400));
    // The writer has not noticed yet.
    appendFileSync(`${path}.1`, 'late\n');
    await sees([...lines(0, 400), 'late']);
    await running.stop();
    assert.match(readFileSync(folder.positionsFile, 'utf8'), /app\.log: "5000"\n$/);
  });

  it('by renaming to a name that is followed too', async () => {
    const config = CONFIG.replace('app.log', 'app.log*');
    const path = folder.write('app.log', text(lines(0, 50)));
    const running = await folder.start(config);
    await sees(lines(0, 50));
    renameSync(path, `${path}.1`);
    folder.write('app.log', text(lines(50, 100)));
    await sees(lines(0, 100));
    await running.stop();
    await folder.start(config);
    appendFileSync(path, 'on\n');
    await sees([...lines(0, 100), 'on']);
  });

  it('by copying and truncating, nothing twice though the copy is followed too', async () => {
    for (const pattern of ['app.log', 'app.log*']) {
      const own = new TailFolder();
      const path = own.write('app.log', text(lines(0, 100)));
      const running = await own.start(CONFIG.replace('app.log', pattern));
      await eventually(async () => assert.deepEqual(own.recorder.lines(), lines(0, 100)));
      copyFileSync(path, `${path}.1`);
      await new Promise((resolve) => setTimeout(resolve, 250));
      truncateSync(path);
      appendFileSync(path, text(lines(200, 210)));
      await eventually(async () =>
        assert.deepEqual(own.recorder.lines(), [...lines(0, 100), ...lines(200, 210)], pattern),
      );
      await running.stop();
      await own.remove();
    }
  });

  it('of files that begin alike: each is read', async () => {
    const head = 'banner '.repeat(60);
    folder.write('app.log', `${head}\none ${'.'.repeat(300)}\n`);
    folder.write('app.log.1', `${head}\ntwo ${'.'.repeat(290)}\n`);
    await folder.start(CONFIG.replace('app.log', 'app.log*'));
    const firsts = () =>
      folder.recorder
        .lines()
        .map((l) => l.split(' ')[0])
        .sort();
    await eventually(async () => assert.deepEqual(firsts(), ['banner', 'banner', 'one', 'two']));
  });

  it('by truncating, where the file has grown beyond what was read before anybody looked', async () => {
    const path = folder.write('app.log', text(lines(0, 10)));
    await folder.start(CONFIG);
    await sees(lines(0, 10));
    folder.write('app.log', text(lines(50, 90, 'other')));
    await sees([...lines(0, 10), ...lines(50, 90, 'other')]);
    assert.ok(path);
  });

  it('while nobody looked: renamed, and copied', async () => {
    for (const how of ['renamed', 'copied'] as const) {
      const own = new TailFolder();
      const path = own.write('app.log', text(lines(0, 20)));
      const first = await own.start(CONFIG);
      await eventually(async () => assert.equal(own.recorder.entries.length, 20));
      await first.stop();
      appendFileSync(path, text(lines(20, 40)));
      if (how === 'renamed') renameSync(path, `${path}.1`);
      else {
        copyFileSync(path, `${path}.1`);
        truncateSync(path);
      }
      appendFileSync(path, text(lines(40, 50)));
      await own.start(CONFIG);
      await eventually(async () => assert.deepEqual(own.recorder.lines(), lines(0, 50), how));
      await own.remove();
    }
  });
});

describe('positions', () => {
  it('are taken over from Promtail and stay in its form', async () => {
    const path = folder.write('app.log', 'old\nnew\n');
    folder.write(
      'positions.yaml',
      `positions:\n  ${path}: "4"\n  /elsewhere/x.log: "7"\n  cursor-abc: "1700000000"\n`,
    );
    const running = await folder.start(CONFIG);
    await sees(['new']);
    await running.stop();
    const expected = `positions:\n  ${path}: "8"\n  /elsewhere/x.log: "7"\n  cursor-abc: "1700000000"\n`;
    assert.deepEqual(
      readFileSync(folder.positionsFile, 'utf8').split('\n').sort(),
      expected.split('\n').sort(),
    );
  });

  it('count as somebody changed them', async () => {
    const path = folder.write('app.log', 'one\ntwo\n');
    const first = await folder.start(CONFIG);
    await sees(['one', 'two']);
    await first.stop();
    folder.write('positions.yaml', `positions:\n  ${path}: "4"\n`);
    const second = await folder.start(CONFIG);
    await sees(['one', 'two', 'two']);
    await second.stop();
    folder.write('positions.yaml', '');
    await folder.start(CONFIG);
    await sees(['one', 'two', 'two', 'one', 'two']);
  });

  it('do not move before storage has what was read', async () => {
    folder.write('app.log', 'kept\n');
    let isFull = true;
    folder.recorder.before = () => {
      if (isFull) throw new Error('no space');
    };
    const running = await folder.start(CONFIG);
    await eventually(async () =>
      assert.ok(metric(running.telemetry, 'trilite_tail_failures_total{operation="append"}') > 0),
    );
    assert.throws(() => readFileSync(folder.positionsFile), /ENOENT/);
    isFull = false;
    await sees(['kept']);
  });

  it('of a job are its own', async () => {
    folder.write('app.log', 'line\n');
    const config = (job: string) => CONFIG.replaceAll(': app', `: ${job}`);
    const first = await folder.start(config('one'));
    await sees(['line']);
    await first.stop();
    const both = `${config('one')}${config('two').replace('\nscrape_configs:\n', '')}`;
    const second = await folder.start(both);
    appendFileSync(folder.at('app.log'), 'next\n');
    // A job that is new to a file takes up where the positions file says that reading stood.
    await eventually(async () => {
      assert.deepEqual(folder.recorder.lines('one'), ['line', 'next']);
      assert.deepEqual(folder.recorder.lines('two'), ['next']);
    });
    await second.stop();
  });
});

describe('forms', () => {
  it('UTF-16 and older encodings', async () => {
    folder.write('wide.log', Buffer.from('\ufeffgrün\r\nЖ\n', 'utf16le'));
    folder.write('old.txt', Buffer.from('gr\xfcn\n', 'latin1'));
    await folder.start(`
scrape_configs:
  - job_name: wide
    encoding: UTF-16LE
    static_configs: [{labels: {job: wide, __path__: PATH/wide.log}}]
  - job_name: old
    encoding: iso-8859-1
    static_configs: [{labels: {job: old, __path__: PATH/old.txt}}]
`);
    await sees(['grün', 'Ж'], 'wide');
    await sees(['grün'], 'old');
  });

  it('compressed files are read once', async () => {
    const config = `
scrape_configs:
  - job_name: packed
    decompression: {enabled: true, format: gz}
    static_configs: [{labels: {job: packed, __path__: 'PATH/*.gz'}}]
`;
    folder.write('a.gz', gzipSync(text(lines(0, 3000))));
    const first = await folder.start(config);
    await eventually(async () => assert.deepEqual(folder.recorder.lines(), lines(0, 3000)));
    await first.stop();
    assert.match(readFileSync(folder.positionsFile, 'utf8'), /a\.gz: "3000"/);
    folder.write('b.gz', gzipSync('last'));
    await folder.start(config);
    await sees([...lines(0, 3000), 'last']);
  });
});

describe('limits', () => {
  it('drop or cut lines, and hold back or drop what comes too fast', async () => {
    folder.write('app.log', `short\n${'ü'.repeat(10)}\n`);
    const cut = await folder.start(
      `limits_config: {max_line_size: 9, max_line_size_truncate: true}\n${CONFIG}`,
    );
    await sees(['short', 'üüüü']);
    await cut.stop();
    folder.write('app.log', `${'ab'.repeat(10)}\n1\n2\n3\n`);
    const limits =
      'limits_config: {max_line_size: 9, readline_rate_enabled: true, readline_rate: 0.001, readline_burst: 3}';
    const dropping = await folder.start(`${limits}\n${CONFIG}`);
    await sees(['short', 'üüüü', '1', '2']);
    const dropped = (reason: string) =>
      metric(dropping.telemetry, `trilite_tail_dropped_entries_total{client="",reason="${reason}"}`);
    await eventually(async () => assert.equal(dropped('line_rate'), 1));
    assert.equal(dropped('line_too_long'), 1);
    await dropping.stop();
    folder.write('app.log', 'a\nb\nc\nd\n');
    const rate =
      'limits_config: {readline_rate_enabled: true, readline_rate: 100, readline_burst: 1, readline_rate_drop: false}';
    await folder.start(`${rate}\n${CONFIG}`);
    await sees(['short', 'üüüü', '1', '2', 'a', 'b', 'c', 'd']);
  });
});
