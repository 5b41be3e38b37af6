/** What `trilite query` prints: nothing is wider than the screen, nothing throws on any number, CSV reads back. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { barLines, histogramBars } from '../../src/cli/graph/bars.ts';
import { lineGraph } from '../../src/cli/graph/line-graph.ts';
import { tickLabels, timeTicks, valueScale } from '../../src/cli/graph/scale.ts';
import { waterfall } from '../../src/cli/graph/waterfall.ts';
import { matrixTable, vectorTable } from '../../src/cli/print/answer-table.ts';
import { cellsOf, cut, fill, plain } from '../../src/cli/print/cells.ts';
import { csvRows, csvText } from '../../src/cli/print/csv.ts';
import { tableLines } from '../../src/cli/print/table.ts';
import { faultLines } from '../../src/cli/query-fault.ts';
import { durationMs, niceStepMs, parseMoment } from '../../src/cli/query-time.ts';
import type { Series, Span } from '../../src/client/answer.ts';

const NOW = Date.parse('2026-11-30T12:00:00Z');
const width = fc.integer({ min: 1, max: 140 });
const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.constant('日本語\x1b[31m👩‍👩‍👧é'),
);
const labels = fc.dictionary(fc.constantFrom('__name__', 'job', 'queue', '日本'), text, {
  noNullPrototype: true,
});
const value = fc.oneof(fc.double(), fc.constantFrom(0, -0, 5e-324, 1.7e308, -1.7e308, 1e16, 1e16 + 2));
const points = fc.array(fc.record({ timeMs: fc.integer({ min: 0, max: 4e12 }), value }), { maxLength: 40 });
const series: fc.Arbitrary<Series> = fc.record({
  labels,
  points: points.map((all) => all.toSorted((a, b) => a.timeMs - b.timeMs)),
  histograms: fc.constant([]),
});
const look = fc.record({
  width,
  height: fc.integer({ min: 1, max: 30 }),
  color: fc.boolean(),
  ascii: fc.boolean(),
});

function fits(lines: readonly string[], cells: number): void {
  for (const line of lines) {
    const shown = stripVTControlCharacters(line);
    assert.ok(cellsOf(shown) <= cells, `${cellsOf(shown)} > ${cells}: ${JSON.stringify(line)}`);
    assert.equal(shown, plain(shown), 'controls are shown, never sent');
  }
}

describe('text in cells', () => {
  test('is cut and filled to a width', () => {
    assert.equal(cut('日本語', 5), '日本…');
    assert.equal(fill('日本語', 8), '日本語  ');
    assert.equal(fill('12', 5, 'right'), '   12');
    assert.equal(plain('a\tb\x1b[1m'), 'a\\tb\\u{1b}[1m');
    fc.assert(fc.property(text, width, (any, cells) => assert.ok(cellsOf(cut(plain(any), cells)) <= cells)));
    fc.assert(
      fc.property(text, width, (any, cells) => assert.equal(cellsOf(fill(plain(any), cells)), cells)),
    );
  });
});

describe('tables', () => {
  test('columns are aligned, the widest give way', () => {
    const columns = [{ title: 'name' }, { title: 'n', align: 'right' as const }];
    const rows = [
      ['a', '1'],
      ['a very long name', '12'],
    ];
    assert.deepEqual(tableLines(columns, rows, { width: 12, color: false }), [
      'name       n',
      'a          1',
      'a very …  12',
    ]);
  });

  test('none is wider than the screen', () => {
    fc.assert(
      fc.property(fc.array(series, { maxLength: 6 }), look, (all, style) => {
        fits(matrixTable(all, { ...style, utc: true }), style.width);
        const samples = all.map((one) => ({
          labels: one.labels,
          timeMs: 0,
          value: one.points[0]?.value ?? 1,
        }));
        fits(vectorTable(samples, { ...style, utc: true }), style.width);
      }),
    );
  });
});

describe('graphs', () => {
  test('a line rises from corner to corner', () => {
    const rising = Array.from({ length: 10 }, (_, at) => ({ timeMs: NOW + at * 60_000, value: at }));
    const lines = lineGraph([{ labels: { job: 'a' }, points: rising, histograms: [] }], {
      width: 24,
      height: 4,
      color: false,
      ascii: true,
      utc: true,
    });
    assert.equal(
      lines.join('\n'),
      [
        '10+                    *',
        '  |             ******* ',
        '  |    *********        ',
        ' 0+****                 ',
        '  ++--------------------',
        '   12:00',
        '* {job="a"}  9',
      ].join('\n'),
    );
  });

  test('what is missing, infinite or no number is a gap', () => {
    const at = (minute: number, v: number) => ({ timeMs: NOW + minute * 60_000, value: v });
    const gappy = [
      at(0, 1),
      at(1, 1),
      at(5, 1),
      at(6, Number.NaN),
      at(7, Number.POSITIVE_INFINITY),
      at(8, 1),
    ];
    const [row] = lineGraph([{ labels: {}, points: gappy, histograms: [] }], {
      width: 24,
      height: 3,
      color: false,
      ascii: true,
      utc: true,
    }).filter((line) => line.includes('*'));
    assert.match(row!, /\+\*\*\*\s{6,}\*\s{5,}\*$/);
  });

  test('fit and never throw, whatever the numbers', () => {
    fc.assert(
      fc.property(fc.array(series, { maxLength: 25 }), look, (all, style) => {
        fits(lineGraph(all, { ...style, utc: true }), style.width);
        const bars = all.flatMap((one) => one.points.map((point) => ({ label: 'x', value: point.value })));
        fits(barLines(bars, { ...style, utc: true }), style.width);
      }),
    );
  });

  test('histograms are bars, a bucket each', () => {
    const bucket = { lowerInclusive: false, upperInclusive: true };
    const buckets = [
      { lower: 0.5, upper: 1, count: 4, ...bucket },
      { lower: 1, upper: 2, count: 2, ...bucket },
    ];
    const style = { width: 40, height: 5, color: false, ascii: true, utc: true };
    assert.deepEqual(
      histogramBars({ __name__: 'latency' }, { timeMs: 0, count: 6, sum: 5, buckets }, style),
      [
        'latency  count=6 sum=5',
        `(0.5, 1]  ${'#'.repeat(27)}  4`,
        `(1, 2]    ${'#'.repeat(14).padEnd(27)}  2`,
      ],
    );
  });

  test('ticks are round and few', () => {
    assert.deepEqual(tickLabels(valueScale(0, 97, 4).ticks), ['0', '25', '50', '75', '100']);
    assert.deepEqual(tickLabels(valueScale(1_200_000, 1_900_000, 4).ticks).slice(-1), ['2.0M']);
    assert.deepEqual(
      timeTicks(NOW, NOW + 3_600_000, 4, true).map(({ label }) => label),
      ['12:00', '12:15', '12:30', '12:45', '13:00'],
    );
  });
});

describe('traces', () => {
  const span = (spanId: string, parentSpanId: string, startNs: bigint, endNs: bigint): Span => ({
    ...{
      traceId: 't',
      spanId,
      parentSpanId,
      name: `span ${spanId}`,
      kind: 'internal',
      status: 'unset',
      statusMessage: '',
    },
    ...{
      startNs,
      endNs,
      attributes: {},
      resource: { 'service.name': 'shop' },
      scope: { name: '', version: '' },
    },
    ...{ events: [], links: [] },
  });

  test('spans in circles and without parents are shown once each, in any width', () => {
    const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', '');
    const spans = fc.array(
      fc.tuple(id, id, fc.bigInt(0n, 10n ** 12n), fc.bigInt(0n, 10n ** 12n)).map((parts) => span(...parts)),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(spans, look, fc.boolean(), (all, style, isAll) => {
        fits(waterfall({ traceId: 't', spans: all }, { ...style, utc: true, all: isAll }), style.width);
        const wide = waterfall({ traceId: 't', spans: all }, { ...style, width: 200, utc: true, all: false });
        assert.equal(wide.length, all.length + 1);
      }),
    );
  });

  test('a chain as deep as can be stored is walked', () => {
    const chain = Array.from({ length: 12_000 }, (_, at) =>
      span(`${at}`, at === 0 ? '' : `${at - 1}`, 0n, 10n),
    );
    const style = { width: 80, color: false, ascii: false, utc: true, all: false };
    assert.equal(waterfall({ traceId: 't', spans: chain }, style).length, 12_001);
  });
});

describe('CSV', () => {
  test('fields of any text read back (RFC 4180)', () => {
    const row = fc.array(fc.string({ unit: 'binary' }), { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1 }), (rows) => assert.deepEqual(readCsv(csvText(rows)), rows)),
    );
  });

  test('a row a sample, with all labels', () => {
    const rows = csvRows({
      kind: 'matrix',
      series: [
        { labels: { job: 'a' }, points: [{ timeMs: 0, value: Number.NaN }], histograms: [] },
        {
          labels: { job: 'b', zone: 'x' },
          points: [{ timeMs: 1500, value: Number.POSITIVE_INFINITY }],
          histograms: [],
        },
      ],
      warnings: [],
      infos: [],
    });
    assert.deepEqual(rows, [
      ['time', 'job', 'zone', 'value'],
      ['1970-01-01T00:00:00.000Z', 'a', '', 'NaN'],
      ['1970-01-01T00:00:01.500Z', 'b', 'x', '+Inf'],
    ]);
  });
});

/** Written apart from what it tests. */
function readCsv(csv: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const fields = /("(?:[^"]|"")*"|[^,\r\n"]*)(,|\r\n)/gy;
  for (let match = fields.exec(csv); match; match = fields.exec(csv)) {
    const field = match[1]!;
    row.push(field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field);
    if (match[2] === '\r\n') {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

describe('times', () => {
  const cases: readonly [string, number | undefined][] = [
    ['now', NOW],
    ['-1h', NOW - 3_600_000],
    ['now-1h30m', NOW - 5_400_000],
    ['now - 5m', NOW - 300_000],
    ['now+1m', NOW + 60_000],
    ['2026-11-30T06:00:00Z', NOW - 6 * 3_600_000],
    ['2026-11-30T06:00:00.250+01:00', NOW - 7 * 3_600_000 + 250],
    ['1700000000', 1_700_000_000_000],
    ['1700000000.5', 1_700_000_000_500],
    ['1700000000123', 1_700_000_000_123],
    ['2026-02-30', undefined],
    ['2026-11-30', new Date('2026-11-30T00:00').getTime()],
    ['yesterday', undefined],
    ['', undefined],
    ['now-', undefined],
    ['-1x', undefined],
  ];
  test('of every form', () => {
    for (const [said, ms] of cases) assert.equal(parseMoment(said, NOW), ms, said);
    assert.equal(durationMs('90'), 90_000);
    assert.equal(durationMs('1h30m'), 5_400_000);
    assert.equal(durationMs('soon'), undefined);
  });

  test('what is printed is read again; nothing throws', () => {
    const moment = fc.integer({ min: 0, max: 4e12 });
    fc.assert(fc.property(moment, (ms) => assert.equal(parseMoment(new Date(ms).toISOString(), NOW), ms)));
    fc.assert(fc.property(fc.string(), (any) => void parseMoment(any, NOW)));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e13 }), fc.integer({ min: 1, max: 1000 }), (range, steps) => {
        assert.ok(range / niceStepMs(range, steps) <= steps);
      }),
    );
  });
});

test('a fault is pointed at where the server names the place', () => {
  assert.deepEqual(faultLines('invalid parameter "query": 2:7: parse error: no', 'sum(\n日本x))'), [
    'invalid parameter "query": 2:7: parse error: no',
    '  日本x))',
    '      ^',
  ]);
  assert.deepEqual(faultLines('parse error at line 1, col 3: no', 'abc').at(-1), '    ^');
  assert.deepEqual(faultLines('too many samples', 'abc'), ['too many samples']);
});
