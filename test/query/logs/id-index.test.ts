/** The ID index: it leaves out pages, never an entry. Every query answers as it does without hints. */

import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseLogql } from '../../../src/query/lang/logql/parser.ts';
import { idDemands } from '../../../src/query/logs/id-demands.ts';
import { LogQueryRun } from '../../../src/query/logs/log-query.ts';
import { ScanStats } from '../../../src/query/logs/scan.ts';
import type { LocalStorage } from '../../../src/storage/engine.ts';
import type { LogReader } from '../../../src/storage/interface.ts';
import { openForWriting } from '../../../src/storage/sqlite/database.ts';
import { logBatch } from '../../storage/batches.ts';
import { openEngine, tempDir, withReader } from '../../storage/local-engine.ts';

const TIMEOUT = { timeout: 120_000 };
const T = 1_767_268_800_000;
const signal = new AbortController().signal;

const LONG = [
  '4bf92f3577b34da6a3ce929d0e0e4736',
  '00000000000000000000000000000001',
  'abcdefABCDEF0123456789abcdefABCD',
];
const SHORT = ['a3ce929d0e0e4736', '00f067aa0ba902b7'];
/** A digit as an escape: `a` is `\u0061`. */
const escaped = (id: string) => id.replace(/[a-f]/, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);

/** Ways in which a line may say an ID. */
const FORMS: readonly ((id: string) => string)[] = [
  (id) => `{"msg":"a","trace_id":"${id}"}`,
  (id) => `{"traceID" : "${id}","span_id":"ffff67aa0ba902b7"}`,
  (id) => `{"trace":{"id":"${id}"},"n":1}`,
  (id) => `{"trace_id":"${escaped(id)}"}`,
  (id) => `{"other":"${id}"}`,
  (id) => `{"span_id":"${id}"}`,
  (id) => `{"a":{"parentSpanID": "${id}"}}`,
  (id) => `{"list":["x","${id}"]}`,
  (id) => `{"trace_id":"${id.toUpperCase()}"}`,
  (id) => `level=info trace_id=${id} msg="b"`,
  (id) => `traceid="${id}"`,
  (id) => `trace_id="${escaped(id)}"`,
  (id) => `span_id=${id} x=y`,
  (id) => `plain text ${id}`,
  (id) => `sha ${id}0f`,
  (id) => `sha 0f${id}`,
  (id) => `${id}`,
  (id) => `\u001b[1m${id.slice(0, 9)}\u001b[0m${id.slice(9)}`,
  (id) => `{"_entry":"{\\"trace_id\\":\\"${id}\\"}","trace_id":"${id}"}`,
  (id) => `nothing of ${id.length}`,
];

const QUERIES: readonly ((id: string) => string)[] = [
  (id) => `{app=~".+"} |= "${id}"`,
  (id) => `{app=~".+"} |= "x" or "${id}"`,
  (id) => `{app=~".+"} |= "trace_id=${id}"`,
  (id) => `{app=~".+"} |~ "${id}|zzz${id}"`,
  (id) => `{app=~".+"} |~ "(?i)${id}"`,
  (id) => `{app=~".+"} != "${id}"`,
  (id) => `{app=~".+"} | trace_id="${id}"`,
  (id) => `{app=~".+"} | span_id="${id}"`,
  (id) => `{app=~".+"} | json | trace_id="${id}"`,
  (id) => `{app=~".+"} | json | trace_id_extracted="${id}"`,
  (id) => `{app=~".+"} | json | span_id="${id}"`,
  (id) => `{app=~".+"} | json | a_parentSpanID="${id}"`,
  (id) => `{app=~".+"} | json t="trace.id", u="list[1]" | t="${id}" or u="${id}"`,
  (id) => `{app=~".+"} | json t="span_id" | t="${id}"`,
  (id) => `{app=~".+"} | logfmt | trace_id="${id}"`,
  (id) => `{app=~".+"} | logfmt | traceid=~"${id}|${LONG[1]}"`,
  (id) => `{app=~".+"} | logfmt t="span_id" | t="${id}"`,
  (id) => `{app=~".+"} | json | logfmt | trace_id="${id}" or traceID="${id}" or other="${id}"`,
  (id) => `{app=~".+"} | unpack | trace_id="${id}"`,
  (id) => `{app=~".+"} | unpack | json | trace_id="${id}"`,
  (id) => `{app=~".+"} | regexp "(?P<t>[0-9a-f]{${id.length}})" | t="${id}"`,
  (id) => `{app=~".+"} | pattern "sha <_>f<t>" | t="${id}"`,
  (id) => `{app=~".+"} | decolorize | pattern "<t>" | t="${id}"`,
  (id) => `{app=~".+"} | line_format "${id}" |= "${id}"`,
  (id) => `{app=~".+"} | json | label_format trace_id="${id}" | trace_id="${id}"`,
  (id) =>
    `{app=~".+"} | label_format has=\`{{ contains "${id}" __line__ }}\` | has="true" or trace_id="${id}"`,
  (id) => `{app=~".+"} | drop app | trace_id="${id}"`,
  (id) => `{trace_id="${id}"}`,
];

function withoutHints(logs: LogReader): LogReader {
  return {
    select: ({ ids: _ids, contains: _contains, ...query }, s) => logs.select(query, s),
    volume: (q, sink, s) => logs.volume(q, sink, s),
    series: (q) => logs.series(q),
    labelNames: (q) => logs.labelNames(q),
    labelValues: (name, q) => logs.labelValues(name, q),
  };
}

async function ask(logs: LogReader, text: string): Promise<{ answer: unknown; stats: ScanStats }> {
  const expr = parseLogql(text);
  assert.equal(expr.kind, 'log');
  if (expr.kind !== 'log') throw new Error('not a log query');
  const stats = new ScanStats();
  const range = { start: { ms: 0, ns: 0 }, end: { ms: T * 2, ns: 0 } };
  const how = { direction: 'forward', limit: 5000, intervalMs: 0, categorize: false } as const;
  const streams = await new LogQueryRun({ expr, ...range, ...how }, stats).run(logs, signal);
  const answer = streams.map((s) => [s.labels, s.entries.map((e) => [e.ms, e.ns, e.line])]);
  return { answer, stats };
}

interface Line {
  readonly app: string;
  readonly form: number;
  readonly id: string;
  readonly metadata: string | undefined;
  readonly asLabel: boolean;
}

const lines: fc.Arbitrary<Line[]> = fc.array(
  fc.record({
    app: fc.constantFrom('a', 'b', 'c'),
    form: fc.nat(FORMS.length - 1),
    id: fc.constantFrom(...LONG, ...SHORT),
    metadata: fc.option(fc.constantFrom('trace_id', 'span_id', 'traceID', 'other'), {
      nil: undefined,
      freq: 3,
    }),
    asLabel: fc.integer({ max: 19, min: 0 }).map((n) => n === 0),
  }),
  { minLength: 1, maxLength: 5 },
);

async function store(storage: LocalStorage, all: readonly Line[], from: number): Promise<void> {
  const entries = all.map((l, i) => ({
    stream: { app: l.app, ...(l.asLabel && { trace_id: l.id }) },
    timeMs: T + from + i,
    timeNs: 0,
    line: FORMS[l.form]!(l.id),
    metadata: l.metadata ? [l.metadata, l.id] : [],
  }));
  await (await storage.logs.append(logBatch(entries))).durable;
}

describe('the ID index', () => {
  test('answers as a scan does, whatever the lines say, in the head and in blocks', TIMEOUT, async () => {
    let from = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(lines, { minLength: 2, maxLength: 7 }),
        fc.boolean(),
        async (rounds, compact) => {
          const dir = tempDir();
          const storage = await openEngine(dir);
          for (const [i, round] of rounds.entries()) {
            await store(storage, round, (from += 100));
            // The last round stays in the head, each other is a block: pages that hold few IDs.
            if (i + 1 < rounds.length) await storage.flush({ compact: compact && i === 1 });
          }
          await withReader(storage, dir, async (reader) => {
            const scan = withoutHints(reader.logs);
            for (const id of [...LONG, ...SHORT]) {
              for (const query of QUERIES) {
                const text = query(id);
                assert.deepEqual((await ask(reader.logs, text)).answer, (await ask(scan, text)).answer, text);
              }
            }
          });
          await storage.close();
        },
      ),
      { numRuns: 15 },
    );
  });

  test('reads only the pages that hold the ID, over all time', TIMEOUT, async () => {
    const dir = tempDir();
    const storage = await openEngine(dir);
    const pad = 'x'.repeat(900);
    const idOf = (n: number) => `9c${n.toString(16).padStart(30, '0')}`;
    const perBlock = 4000;
    for (let block = 0; block < 3; block++) {
      for (let part = 0; part < 8; part++) {
        const entries = Array.from({ length: perBlock / 8 }, (_, i) => {
          const n = block * perBlock + part * (perBlock / 8) + i;
          const line = `{"trace_id":"${idOf(n >> 1)}","pad":"${pad}"}`;
          return { stream: { app: `a${i % 3}` }, timeMs: T + n, timeNs: 0, line, metadata: [] };
        });
        await (await storage.logs.append(logBatch(entries))).durable;
      }
      await storage.flush();
    }
    for (const state of ['flushed', 'compacted']) {
      if (state === 'compacted') await storage.flush({ compact: true });
      await withReader(storage, dir, async (reader) => {
        const before = reader.pagesRead;
        // Too short for the filters of the pages' text to judge.
        await ask(reader.logs, '{app=~".+"} |= "zq"');
        assert.ok(reader.pagesRead - before >= 15, `${reader.pagesRead - before} pages in all`);
        for (const text of [
          `{app=~".+"} | json | trace_id="${idOf(2500)}"`,
          `{app=~".+"} |= "${idOf(2500)}"`,
          `{app=~".+"} | label_format has=\`{{ contains "${idOf(2500)}" __line__ }}\` | has="true" or trace_id="${idOf(2500)}"`,
        ]) {
          const from = reader.pagesRead;
          const { stats } = await ask(reader.logs, text);
          assert.equal(stats.postFilterLines, 2, text);
          // Two pages at most, of which times and lines stand apart.
          assert.ok(reader.pagesRead - from <= 4, `${reader.pagesRead - from} pages read, ${state}`);
        }
      });
    }
    await storage.close();
  });

  for (const [what, sql] of [
    ['a header', "UPDATE id_run SET header = substr(header, 1, 6) || x'55' || substr(header, 8)"],
    ['a bucket', "UPDATE id_bucket SET data = substr(data, 1, length(data) - 1) || x'a5'"],
    ['a bucket that is missing', 'DELETE FROM id_bucket'],
  ] as const) {
    test(`damage in ${what} is counted, and the pages are read`, TIMEOUT, async () => {
      const dir = tempDir();
      let storage = await openEngine(dir);
      await store(
        storage,
        LONG.map((id) => ({ app: 'a', form: 0, id, metadata: undefined, asLabel: false })),
        0,
      );
      await storage.close();
      const db = openForWriting(path.join(dir, 'trilite.db'), { durability: 'process' });
      assert.ok(db.prepare(sql).run().changes > 0, 'something to damage');
      db.close();
      storage = await openEngine(dir);
      await withReader(storage, dir, async (reader) => {
        const { stats } = await ask(reader.logs, `{app="a"} | json | trace_id="${LONG[0]}"`);
        assert.equal(stats.postFilterLines, 1);
        assert.equal(reader.damagedPages, 1);
      });
      await storage.close();
    });
  }

  test('demands an ID only where it follows for certain', () => {
    const id = LONG[0]!;
    const short = SHORT[0]!;
    const demands = (text: string) => {
      const expr = parseLogql(`{a="b"} ${text}`);
      return expr.kind === 'log'
        ? idDemands(expr.stages).map((d) => `${d.anyOf.length}${d.partial ? 'p' : ''}`)
        : [];
    };
    assert.deepEqual(demands(`|= "${id}"`), ['1p']);
    assert.deepEqual(demands(`| json | trace_id="${id}"`), ['1']);
    assert.deepEqual(demands(`| json | trace_id="${short}"`), ['1']);
    assert.deepEqual(demands(`| logfmt | trace_id="${id}" or traceid="${LONG[1]}"`), ['2']);
    assert.deepEqual(demands(`| regexp "(?P<t>.*)" | t="${id}"`), ['1p']);
    assert.deepEqual(demands(`| trace_id="${id}" | json | level="error"`), ['1']);
    for (const nothing of [
      `|= "${short}"`,
      `|= "${id}f"`,
      `!= "${id}"`,
      `| json | trace_id!="${id}"`,
      `| json | trace_id="${id}" or level="error"`,
      `| json | span_id="${short}"`,
      `| json t="a" | t="${short}"`,
      `| json | trace_id="1234567890123456"`,
      `| line_format "{{.x}}" |= "${id}"`,
      `| line_format "{{.x}}" | json | trace_id="${id}"`,
      `| decolorize | json | trace_id="${id}"`,
      `| label_format trace_id=x | trace_id="${id}"`,
    ]) {
      assert.deepEqual(demands(nothing), [], nothing);
    }
  });
});
