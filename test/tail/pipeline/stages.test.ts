/** What recordings cannot show: clocks, chance, metrics; and that no line makes a stage throw or loses another. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Telemetry } from '../../../src/base/telemetry.ts';
import { TriliteError } from '../../../src/model/errors.ts';
import { entryOf, NOW, pipelineOf, run } from './run-pipeline.ts';

async function lines(text: string, given: readonly string[], options = {}): Promise<string[]> {
  const out = await run(
    await pipelineOf(text, options),
    given.map((line) => entryOf(line)),
  );
  return out.map((e) => e.line);
}

describe('stages with a clock', () => {
  it('drop: older_than', async () => {
    const old = entryOf('old');
    old.timeMs = NOW - 60_001;
    const young = entryOf('young');
    young.timeMs = NOW - 60_000;
    const out = await run(await pipelineOf('- drop: {older_than: 1m}'), [old, young]);
    assert.deepEqual(
      out.map((e) => e.line),
      ['young'],
    );
  });

  it('pack: the time is that of packing', async () => {
    const [entry] = await run(await pipelineOf('- pack: {labels: [app]}'), [entryOf('l', { app: 'a' })]);
    assert.deepEqual([entry!.timeMs, entry!.timeNs, entry!.line], [NOW, 0, '{"app":"a","_entry":"l"}']);
  });

  it('timestamp: without a year it is the nearest', async () => {
    const text = '- regex: {expression: "(?P<t>.*)"}\n- timestamp: {source: t, format: "Jan _2 15:04:05"}';
    const given = ['Dec 31 23:00:00', 'Jan  2 03:00:00', 'Feb  1 00:00:00'].map((l) => entryOf(l));
    const out = await run(await pipelineOf(text), given);
    assert.deepEqual(
      out.map((e) => new Date(e.timeMs).toISOString()),
      ['2025-12-31T23:00:00.000Z', '2026-01-02T03:00:00.000Z', '2026-02-01T00:00:00.000Z'],
    );
  });
});

describe('sampling', () => {
  it('keeps the share that chance gives', async () => {
    const dice = [0.1, 0.3, 0.29, 0.9];
    const random = () => dice.shift()!;
    assert.deepEqual(await lines('- sampling: {rate: 0.3}', ['a', 'b', 'c', 'd'], { random }), ['a', 'c']);
  });
});

describe('what stages count', () => {
  it('dropped lines by job and reason', async () => {
    const telemetry = new Telemetry();
    const text = `
- match: {selector: '{app=~".*"}', pipeline_name: inner, stages: [{drop: {expression: ^a}}]}
- drop: {expression: ^b, drop_counter_reason: because}`;
    assert.deepEqual(await lines(text, ['a', 'b', 'c'], { telemetry }), ['c']);
    const printed = telemetry.print();
    assert.ok(printed.includes('trilite_tail_dropped_lines_total{job="job_inner",reason="drop_stage"} 1\n'));
    assert.ok(printed.includes('trilite_tail_dropped_lines_total{job="job",reason="because"} 1\n'));
  });

  const METRICS = `
- json: {expressions: {n: , d: }}
- metrics:
    lines: {type: Counter, description: all, config: {match_all: true, action: INC}}
    bytes: {type: counter, config: {match_all: true, count_entry_bytes: true, action: add}}
    n: {type: counter, config: {action: add}}
    two: {type: counter, source: n, prefix: my_, config: {value: "2", action: inc}}
    g: {type: gauge, source: n, config: {action: sub}}
    d: {type: histogram, config: {buckets: [0.1, 1]}}`;

  it('metrics, per label set', async () => {
    const telemetry = new Telemetry();
    const pipeline = await pipelineOf(METRICS, { telemetry });
    await run(pipeline, [
      entryOf('{"n":2,"d":"500ms"}', { app: 'a', __x: 'y' }),
      entryOf('{"n":"3.5","d":20}', { app: 'a' }),
      entryOf('{"n":-1,"d":"x"}', { pod: 'p' }),
    ]);
    const printed = telemetry
      .print()
      .split('\n')
      .filter((line) => !line.startsWith('#'));
    assert.deepEqual(printed, [
      'promtail_custom_lines{app="a"} 2',
      'promtail_custom_lines{pod="p"} 1',
      'promtail_custom_bytes{app="a"} 37',
      'promtail_custom_bytes{pod="p"} 16',
      'promtail_custom_n{app="a"} 5.5',
      'my_two{app="a"} 1',
      'promtail_custom_g{app="a"} -5.5',
      'promtail_custom_g{pod="p"} 1',
      'promtail_custom_d_bucket{app="a",le="0.1"} 0',
      'promtail_custom_d_bucket{app="a",le="1"} 1',
      'promtail_custom_d_bucket{app="a",le="+Inf"} 2',
      'promtail_custom_d_sum{app="a"} 20.5',
      'promtail_custom_d_count{app="a"} 2',
      '',
    ]);
  });

  it('metrics go when no line touches them', async () => {
    let now = NOW;
    const telemetry = new Telemetry();
    const text =
      '- metrics: {m: {type: counter, max_idle_duration: 1m, config: {match_all: true, action: inc}}}';
    const pipeline = await pipelineOf(text, { telemetry, now: () => now });
    await run(pipeline, [entryOf('l', { app: 'a' })]);
    now += 30_000;
    await run(pipeline, [entryOf('l', { app: 'b' })]);
    now += 30_000;
    const printed = telemetry.print();
    assert.ok(!printed.includes('app="a"') && printed.includes('promtail_custom_m{app="b"} 1'), printed);
  });

  it('refuses a metric whose name another has', async () => {
    const telemetry = new Telemetry();
    telemetry.gauge('trilite_x', 'one of our own');
    const text = '- metrics: {x: {prefix: trilite_, type: gauge, config: {action: inc}}}';
    await assert.rejects(pipelineOf(text, { telemetry }), TriliteError);
  });
});

describe('any line', () => {
  /** Everything that reads, and nothing that drops. */
  const ALL = `
- json: {expressions: {a: , b: "x[0].y", c: "length(@)", t: }}
- json: {source: a, expressions: {d: }}
- regex: {expression: '^(?P<w>\\S+)?\\s*(?P<r>.*)'}
- logfmt: {mapping: {k: , l: }}
- replace: {expression: '(\\d+)|(x)', replace: '{{ .Value | Hash "s" }}'}
- template: {source: w, template: '{{ .Value }}{{ index .Entry 3 }}{{ .r | trunc 5 }}'}
- template: {source: n, template: '{{ repeat 100 .Entry }}'}
- labels: {w: , k: , d: }
- structured_metadata: {r: , moved: app}
- timestamp: {source: w, format: '2006-01-02', fallback_formats: [Unix, RFC3339Nano, 'Jan _2']}
- match: {selector: '{w=~".+"} |~ "a"', stages: [{docker: }, {cri: }]}
- tenant: {source: k}
- decolorize:
- metrics: {m: {type: histogram, source: t}, g: {type: gauge, source: a, config: {action: set}}}
- limit: {rate: 1000000000, burst: 1000000}
- output: {source: l}
- pack: {labels: [w, r, d]}`;

  const pieces = fc.oneof(
    fc.constantFrom('{"a":', '"x"', '[{"y":', '}', ']', 'k=', '="', '"', '\\', '\u001b[31m', '\u0000', '{{'),
    fc.constantFrom(
      '2024-01-01',
      '1e999',
      ' stdout P ',
      ' stderr F ',
      '__proto__',
      'constructor',
      '\ud800',
      '-',
    ),
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.json({ maxDepth: 3 }),
  );
  const line = fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join(''));

  it('goes through', async () => {
    const pipeline = await pipelineOf(ALL);
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 5 }), async (given) => {
        const out = await run(
          pipeline,
          given.map((l, i) => entryOf(l, { app: `a${i}` })),
        );
        // Parts of one line that cri joins are the only ones that may become fewer.
        const parts = given.filter((l) => l.includes(' P '));
        assert.ok(out.length >= given.length - parts.length && out.length <= given.length);
      }),
    );
  });

  it('is not lost by a stage that cannot read it', async () => {
    const text = `
- json: {expressions: {a: "sum(a)"}}
- replace: {expression: '(.)', replace: '{{ index .Value 99 }}'}
- template: {source: q, template: '{{ ToUpper .Value }}'}
- timestamp: {source: q, format: Unix}
- output: {source: q}`;
    const pipeline = await pipelineOf(text);
    await fc.assert(
      fc.asyncProperty(line, async (given) => {
        const out = await run(pipeline, [entryOf(given)]);
        assert.deepEqual(
          out.map((e) => [e.line, e.timeMs, e.timeNs]),
          [[given, 1_000_000_000_000, 5]],
        );
      }),
    );
  });

  it('and a very deep one', async () => {
    const deep = `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    assert.equal((await lines('- json: {expressions: {a: }}', [deep])).length, 1);
  });
});
