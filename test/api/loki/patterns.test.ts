/** `patterns` as the original answers it: ranges, steps, levels, what is left out, errors. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LOKI_SERVICES } from '../../../src/api/loki/services.ts';
import { Labels } from '../../../src/model/labels.ts';
import type { StorageReader } from '../../../src/storage/interface.ts';
import { MemoryLogs } from '../../storage/memory-logs.ts';

const START_S = 1767268800;

interface Pattern {
  readonly pattern: string;
  readonly level: string;
  readonly samples: readonly (readonly [number, number])[];
}

class Store {
  readonly logs = new MemoryLogs();

  /** So many lines within the second. */
  add(second: number, count: number, line: (i: number) => string, level?: string, app = 'a'): this {
    for (let i = 0; i < count; i++) {
      const metadata = level === undefined ? [] : ['trace', `t${i}`, 'detected_level', level];
      this.logs.add(Labels.from({ app }), (START_S + second) * 1000 + i, i, line(i), metadata);
    }
    return this;
  }

  async answer(params: Record<string, string>): Promise<{ status: number; text: string }> {
    const end = String(START_S + 3600);
    const all = { query: '{app="a"}', start: String(START_S), end, step: '10s', ...params };
    const request = { params: Object.entries(all), path: {}, headers: {}, nowMs: (START_S + 3600) * 1000 };
    const context = { storage: this as unknown as StorageReader, signal: new AbortController().signal };
    const answer = await LOKI_SERVICES['loki.patterns']!(request, context);
    return { status: answer.status, text: Buffer.from(answer.body).toString() };
  }

  async patterns(params: Record<string, string> = {}): Promise<Pattern[]> {
    const { status, text } = await this.answer(params);
    assert.equal(status, 200, text);
    const { status: told, data } = JSON.parse(text);
    assert.equal(told, 'success');
    return data;
  }
}

const served = (i: number): string => `served request ${i} "fast"`;
const SERVED = 'served request <_> "fast"';

describe('patterns', () => {
  it('are sorted by their lines; those of fewer than 30 are left out', async () => {
    const store = new Store()
      .add(1, 29, (i) => `seldom seen line ${i}`)
      .add(2, 30, (i) => `just enough of ${i}`)
      .add(3, 31, served);
    assert.deepEqual(
      (await store.patterns()).map((p) => [p.pattern, p.samples[0]![1]]),
      [
        [SERVED, 31],
        ['just enough of <_>', 30],
      ],
    );
  });

  it('are apart by detected level, whatever its case', async () => {
    const store = new Store()
      .add(1, 33, served, 'ERROR')
      .add(1, 32, served, 'info')
      .add(1, 30, served, 'notice')
      .add(2, 1, served);
    assert.deepEqual(
      (await store.patterns()).map((p) => [p.level, p.samples[0]![1]]),
      [
        ['error', 33],
        ['info', 32],
        ['unknown', 31],
      ],
    );
  });

  it('are those of the streams that match', async () => {
    const store = new Store().add(1, 40, served).add(1, 50, served, undefined, 'b');
    assert.deepEqual(await store.patterns({ query: '{app="b"}' }), [
      { pattern: SERVED, level: 'unknown', samples: [[START_S, 50]] },
    ]);
    assert.deepEqual(await store.patterns({ query: '{app="c"}' }), []);
  });
});

describe('samples', () => {
  const store = new Store().add(5, 40, served).add(19, 2, served).add(60, 3, served);
  const samples = async (params: Record<string, string>) => (await store.patterns(params))[0]?.samples;
  const at = (second: number, count: number): [number, number] => [START_S + second, count];

  it('are by ten seconds at the least, without zeros', async () => {
    const expected = [at(0, 40), at(10, 2), at(60, 3)];
    for (const step of ['10s', '10', '1s', '400ms']) assert.deepEqual(await samples({ step }), expected);
  });

  it('of longer steps stand at multiples of them, with zeros between', async () => {
    assert.deepEqual(await samples({ step: '20s' }), [at(0, 42), at(20, 0), at(40, 0), at(60, 3)]);
    // Without one there are 250 of them; what is put into them are whole tens.
    const counted = (await samples({ step: '' }))!.filter(([, count]) => count > 0);
    const multiple = (second: number): number => second - (second % 14);
    assert.deepEqual(counted, [
      [multiple(START_S), 40],
      [multiple(START_S + 10), 2],
      [multiple(START_S + 60), 3],
    ]);
  });

  it('are of the tens that begin in the range', async () => {
    assert.deepEqual(await samples({ start: String(START_S + 1) }), undefined);
    assert.deepEqual(await samples({ end: String(START_S + 1) }), [at(0, 40)]);
    assert.deepEqual(await samples({ end: `${START_S + 10}000000001`.padEnd(19, '0') }), [
      at(0, 40),
      at(10, 2),
    ]);
    assert.deepEqual(await samples({ end: String(START_S + 10) }), [at(0, 40)]);
    assert.deepEqual(await samples({ start: '10', end: '5' }), undefined);
  });

  it('have no zeros behind an hour', async () => {
    const late = new Store().add(0, 40, served).add(3600, 1, served).add(3660, 1, served);
    const end = String(START_S + 7200);
    assert.deepEqual((await late.patterns({ step: '20s', end }))[0]!.samples, [
      at(0, 40),
      at(3600, 1),
      at(3620, 0),
      at(3640, 0),
      at(3660, 1),
    ]);
  });
});

describe('what is wrong', () => {
  const rows: [params: Record<string, string>, message: RegExp][] = [
    [{ query: '{app="a"} |= "x"' }, /^only label matchers are supported$/],
    [{ query: 'rate({app="a"}[5m])' }, /^only label matchers are supported$/],
    [{ query: '' }, /^parse error : syntax error: unexpected \$end/],
    [{ query: '{}' }, /^parse error : queries require at least one regexp or equality matcher/],
    [{ step: '0' }, /^zero or negative query resolution step widths are not accepted/],
    [{ step: 'x' }, /^cannot parse "x" to a valid duration$/],
    [{ step: '10', end: String(START_S + 110_010) }, /^exceeded maximum resolution of 11,000 points/],
    [{ start: 'x' }, /^could not parse 'start' parameter/],
  ];
  for (const [params, message] of rows) {
    it(JSON.stringify(params), async () => {
      const { status, text } = await new Store().answer(params);
      assert.equal(status, 400);
      assert.match(text, message);
    });
  }

  it('is told of whole steps', async () => {
    assert.equal((await new Store().answer({ step: '10', end: String(START_S + 110_009) })).status, 200);
  });
});
