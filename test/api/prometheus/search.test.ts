/** Search for names: what fits and how well, order, batches, bad parameters. Scores are those of a real Prometheus. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { jaroWinkler, scorer, subsequenceScore } from '../../../src/api/prometheus/search-filter.ts';
import { PROMETHEUS_SERVICES } from '../../../src/api/prometheus/services.ts';
import type { StorageReader } from '../../../src/storage/interface.ts';

const NAMES = ['CPU_usage', 'a_c_p_u_x', 'go_gc_cpu', 'größe_total', 'node_cpu_seconds_total', 'up'];
const metadata = new Map([['up', [{ type: 'gauge', help: 'Is it up?', unit: '' }]]]);
const storage = {
  metrics: {
    labelValues: async (name: string) => (name === '__name__' ? NAMES : ['x', 'y']),
    labelNames: async () => ['__name__', 'instance', 'job'],
    metadata: async () => metadata,
  },
} as unknown as StorageReader;

async function search(endpoint: string, params: [string, string][] = []): Promise<unknown[]> {
  const request = { params, path: {}, headers: {}, nowMs: 0 };
  const signal = new AbortController().signal;
  const answer = await PROMETHEUS_SERVICES[`prometheus.search_${endpoint}`]!(request, { storage, signal });
  assert.equal(answer.contentType, 'application/x-ndjson; charset=utf-8');
  const text = new TextDecoder().decode(answer.body);
  assert.ok(text.endsWith('\n'));
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

const done = { status: 'success', has_more: false };

describe('search', () => {
  test('without a term gives all, batch by batch, and says whether there is more', async () => {
    const lines = await search('metric_names', [['batch_size', '4']]);
    assert.deepEqual(lines, [
      { results: NAMES.slice(0, 4).map((name) => ({ name })) },
      { results: NAMES.slice(4).map((name) => ({ name })) },
      done,
    ]);
    const few = await search('metric_names', [
      ['limit', '2'],
      ['sort_by', 'alpha'],
      ['sort_dir', 'dsc'],
    ]);
    assert.deepEqual(few, [
      { results: [{ name: 'up' }, { name: 'node_cpu_seconds_total' }] },
      { ...done, has_more: true },
    ]);
    assert.deepEqual(
      await search('label_values', [
        ['label', 'inst'],
        ['search[]', 'z'],
      ]),
      [{ results: [] }, done],
    );
    assert.deepEqual(await search('label_names', [['search[]', 'job']]), [
      { results: [{ name: 'job' }] },
      done,
    ]);
  });

  test('by score, the best first', async () => {
    const params: [string, string][] = [
      ['search[]', 'cpu'],
      ['sort_by', 'score'],
      ['include_score', 'true'],
    ];
    const [first] = (await search('metric_names', params)) as [
      { results: { name: string; score: number }[] },
    ];
    assert.deepEqual(
      first.results.map(({ name }) => name),
      ['node_cpu_seconds_total', 'go_gc_cpu', 'a_c_p_u_x'],
    );
    const folded = (await search('metric_names', [
      ...params,
      ['case_sensitive', 'false'],
    ])) as (typeof first)[];
    assert.deepEqual([folded[0]!.results[0]!.name, folded[0]!.results[0]!.score], ['CPU_usage', 1]);
  });

  test('metadata beside the name', async () => {
    const lines = await search('metric_names', [
      ['search[]', 'up'],
      ['include_metadata', '1'],
      ['limit', '1'],
      ['sort_by', 'score'],
    ]);
    assert.deepEqual((lines[0] as { results: unknown[] }).results, [
      { name: 'up', type: 'gauge', help: 'Is it up?' },
    ]);
  });

  test('bad parameters', async () => {
    for (const [endpoint, params, message] of [
      [
        'metric_names',
        [['sort_by', 'x']],
        'invalid sort_by "x" for metric_names: must be "alpha" or "score"',
      ],
      ['metric_names', [['sort_dir', 'asc']], 'sort_dir is only valid when sort_by is set'],
      ['metric_names', [['sort_by', 'score']], 'sort_by=score requires search[] to be set'],
      [
        'metric_names',
        [
          ['sort_by', 'alpha'],
          ['sort_dir', 'x'],
        ],
        'invalid sort_dir "x": must be "asc" or "dsc"',
      ],
      ['metric_names', [['limit', '0']], 'invalid limit "0": must be a positive integer'],
      ['metric_names', [['limit', '10001']], 'limit 10001 exceeds the configured maximum (10000)'],
      ['metric_names', [['batch_size', 'x']], 'invalid batch_size "x": must be a positive integer'],
      ['metric_names', [['fuzz_threshold', '101']], 'invalid fuzz_threshold "101": must be 0-100'],
      [
        'metric_names',
        [['fuzz_alg', 'x']],
        'unsupported fuzz_alg "x": must be one of [subsequence jarowinkler]',
      ],
      ['metric_names', [['case_sensitive', 'x']], 'invalid case_sensitive "x": must be boolean'],
      [
        'metric_names',
        [
          ['start', '2'],
          ['end', '1'],
        ],
        'end timestamp must not be before start timestamp',
      ],
      ['metric_names', [['match[]', '{}']], 'match[] must contain at least one non-empty matcher'],
      ['label_values', [], 'missing required parameter "label"'],
      [
        'label_names',
        Array.from({ length: 33 }, () => ['search[]', 'a']),
        'too many search[] terms: got 33, maximum is 32',
      ],
    ] as [string, [string, string][], string][]) {
      await assert.rejects(search(endpoint, params), { kind: 'bad_data', message });
    }
  });
});

describe('scores', () => {
  const of = (algorithm: 'subsequence' | 'jarowinkler', term: string, value: string, threshold = 0) =>
    scorer({ terms: [term], algorithm, threshold, caseSensitive: true })(value);

  test('of subsequences and substrings', () => {
    assert.equal(of('subsequence', 'node', 'node_cpu'), 1);
    assert.equal(of('subsequence', 'xyz', 'node_cpu'), undefined);
    // A run of three in a text of nine with six characters before it: (9 - 6/9) / 9, scaled.
    assert.equal(of('subsequence', 'cpu', 'go_gc_cpu'), ((9 - 6 / 9) / 9) * 0.999);
    assert.equal(of('subsequence', 'cpu', 'a_c_p_u_x', 0.9), undefined);
    assert.ok(Math.abs(of('jarowinkler', 'cpu', 'go_gc_cpu')! - 0.1) < 1e-9);
    assert.equal(of('jarowinkler', 'ö', 'größe'), 1 - (0.9 * 2) / 4);
    assert.equal(of('jarowinkler', 'cup', 'cpu'), undefined);
    assert.ok(Math.abs(of('jarowinkler', 'martha', 'marhta', 0.5)! - 0.9611111111) < 1e-9);
  });

  test('lie between 0 and 1', () => {
    const text = fc.array(fc.constantFrom(...'abc_ö'), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(text, text, (term, value) => {
        for (const score of [subsequenceScore(term, value), jaroWinkler(term, value)]) {
          assert.ok(score >= 0 && score <= 1, `${term} ${value} ${score}`);
        }
        assert.equal(jaroWinkler(term, value), jaroWinkler(value, term));
      }),
    );
  });
});
