/** Families print in the text exposition format; logs are one line an event. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLogger } from '../../src/base/log.ts';
import { watchProcess } from '../../src/base/process-telemetry.ts';
import { Summary } from '../../src/base/summary.ts';
import { Telemetry } from '../../src/base/telemetry.ts';
import { parseExposition } from '../../src/ingest/decode/exposition.ts';

describe('telemetry', () => {
  it('prints counters and gauges with their labels', () => {
    const telemetry = new Telemetry();
    telemetry.counter('trilite_a_total', 'Help\nof \\ a.', ['x']).with('q"\n\\').add(3);
    telemetry.gauge('trilite_b', 'B.').with().set(Number.POSITIVE_INFINITY);
    assert.equal(
      telemetry.print(),
      '# HELP trilite_a_total Help\\nof \\\\ a.\n# TYPE trilite_a_total counter\n' +
        'trilite_a_total{x="q\\"\\n\\\\"} 3\n# HELP trilite_b B.\n# TYPE trilite_b gauge\ntrilite_b +Inf\n',
    );
  });

  it('prints histograms cumulatively', () => {
    const telemetry = new Telemetry();
    const child = telemetry.histogram('h', 'H.', ['p'], [1, 2]).with('/');
    for (const v of [0.5, 1, 1.5, 9]) child.observe(v);
    const lines = telemetry.print().split('\n').slice(2, -1);
    assert.deepEqual(lines, [
      'h_bucket{p="/",le="1"} 2',
      'h_bucket{p="/",le="2"} 3',
      'h_bucket{p="/",le="+Inf"} 4',
      'h_sum{p="/"} 12',
      'h_count{p="/"} 4',
    ]);
  });

  it('prints summaries, of which old observations fall out of the quantiles alone', () => {
    const telemetry = new Telemetry();
    const child = telemetry.summary('s', 'S.', [0.5, 0.99], ['p']).with('/');
    for (let i = 1; i <= 100; i++) child.observe(i);
    const lines = telemetry.print().split('\n').slice(1, -1);
    assert.deepEqual(lines, [
      '# TYPE s summary',
      's{p="/",quantile="0.5"} 50',
      's{p="/",quantile="0.99"} 99',
      's_sum{p="/"} 5050',
      's_count{p="/"} 100',
    ]);
    let now = 0;
    const aging = new Summary([0.5], () => now);
    aging.observe(1);
    now += 11 * 60_000;
    assert.deepEqual(aging.values(), [Number.NaN]);
    for (let i = 0; i < 3000; i++) aging.observe(7);
    assert.deepEqual([aging.values(), aging.count], [[7], 3001]);
  });

  it('gives the same child for the same labels and refuses another shape of a name', () => {
    const telemetry = new Telemetry();
    const family = telemetry.counter('c', 'C.', ['x', 'y']);
    assert.equal(family.with('1', '2'), telemetry.counter('c', 'C.', ['x', 'y']).with('1', '2'));
    assert.throws(() => telemetry.gauge('c', 'C.'), /BUG/);
    assert.throws(() => family.with('1'), /BUG/);
  });

  it('tells of the process, in a form that our own scraper reads', () => {
    const telemetry = new Telemetry();
    const stop = watchProcess(telemetry, '1.2.3');
    const text = telemetry.print();
    stop();
    const { count, error } = parseExposition(Buffer.from(text), 'text');
    assert.equal(error, undefined);
    assert.ok(count >= 8, text);
    for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'trilite_build_info']) {
      assert.match(text, new RegExp(`^${name}`, 'm'));
    }
    assert.match(text, /trilite_event_loop_delay_seconds\{quantile="0.99"\} \d/);
  });
});

describe('a family that leaves labels free', () => {
  it('has children with labels of their own, which can be forgotten', () => {
    const telemetry = new Telemetry();
    const family = telemetry.counter('lines', 'of all sorts', 'free');
    family.withLabels(['app', 'pod'], ['a', 'p"1']).add(2);
    family.withLabels(['job'], ['j']).add();
    family.withLabels([], []).add();
    const text = () => telemetry.print().split('\n').slice(2, -1);
    assert.deepEqual(text(), ['lines{app="a",pod="p\\"1"} 2', 'lines{job="j"} 1', 'lines 1']);
    assert.deepEqual(
      [...family.samples()].map((s) => [s.names, s.values]),
      [
        [
          ['app', 'pod'],
          ['a', 'p"1'],
        ],
        [['job'], ['j']],
        [[], []],
      ],
    );
    family.forget(['job'], ['j']);
    assert.deepEqual(text(), ['lines{app="a",pod="p\\"1"} 2', 'lines 1']);
    assert.throws(() => family.with('a'), /lines has labels free/);
    assert.equal(telemetry.find('lines'), family);
  });
});

describe('the log', () => {
  const lines: string[] = [];
  const log = createLogger('info', (line) => lines.push(line.replace(/^time=\S+ /, '')));

  it('quotes what needs it and carries the fields of its parents', () => {
    log.child({ part: 'a b' }).info('it is done', { count: 3, empty: '', none: undefined, list: [1] });
    assert.equal(lines.pop(), 'level=info msg="it is done" part="a b" count=3 empty="" list=[1]\n');
  });

  it('keeps quiet below its level', () => {
    log.debug('no');
    assert.equal(lines.length, 0);
  });

  it('prints the message of an error and survives what cannot be printed', () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    log.error('bad', { error: new Error('line one\nline two'), cycle });
    assert.equal(lines.pop(), 'level=error msg=bad error="line one\\nline two" cycle="[object Object]"\n');
  });
});
