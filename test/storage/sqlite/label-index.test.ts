/** The label index in SQLite: lists of ids, chunks of series, postings, and what is made of an older database. */

import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { ByteWriter } from '../../../src/base/bytes.ts';
import { hash64, hashBytes } from '../../../src/base/hash.ts';
import { Labels, METRIC_NAME } from '../../../src/model/labels.ts';
import { IdExtents } from '../../../src/storage/head/id-extents.ts';
import { SeriesIndex } from '../../../src/storage/head/series-index.ts';
import { openForReading, openForWriting } from '../../../src/storage/sqlite/database.ts';
import { countIds, readIds, writeIds } from '../../../src/storage/sqlite/id-list.ts';
import { MIGRATIONS, SIGNAL } from '../../../src/storage/sqlite/schema.ts';
import { keepingSeriesReader, seriesReader, seriesWriter } from '../../../src/storage/sqlite/series-table.ts';
import { keyOf, labelRecord, matcherSet, matchesNaively, toMatchers } from '../conformance.ts';
import { tempDir } from '../local-engine.ts';

function finish(work: Generator<void, void>): void {
  while (!work.next().done);
}

/** Runs the first `steps` slices only. */
function breakOff(work: Generator<void, void>, steps: number): void {
  for (let i = 0; i < steps && !work.next().done; i++);
}

describe('lists of ids', () => {
  test('come back as they were', () => {
    const gaps = fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 2 ** 27 })), { maxLength: 30 });
    fc.assert(
      fc.property(fc.nat(1000), gaps, (base, differences) => {
        let id = base;
        const ids = differences.map((d) => (id += d));
        const out = new ByteWriter();
        writeIds(out, base, ids);
        assert.equal(countIds(out.view()), ids.length);
        const got = new Uint32Array(ids.length + 1);
        assert.equal(readIds(out.view(), base, got, 1), ids.length + 1);
        assert.deepEqual([...got.subarray(1)], ids);
      }),
    );
  });
});

describe('label index', () => {
  test('selects what matches, also after flushes that broke off and after removals', () => {
    const flush = fc.record({ series: fc.array(labelRecord, { maxLength: 12 }), brokeOff: fc.nat(3) });
    const flushes = fc.array(flush, { minLength: 1, maxLength: 4 });
    const cases = fc.property(flushes, fc.array(fc.nat(20)), fc.array(matcherSet), (all, removed, sets) => {
      const db = openForWriting(':memory:', { durability: 'process' });
      const writer = seriesWriter(db);
      const reader = seriesReader(db);
      // As `IdExtents` gives them: between those that are there already, too.
      const ids = new IdExtents(1);
      const index = new SeriesIndex((labels) => ids.next(labels.get(METRIC_NAME)));
      const known = new Map<number, Record<string, string>>();
      for (const { series, brokeOff } of all) {
        for (const s of series) known.set(index.id(index.resolveLabels(Labels.from(s), 1)), { ...s });
        const fresh = index.takeFresh();
        breakOff(writer.add(SIGNAL.metrics, fresh), brokeOff);
        finish(writer.add(SIGNAL.metrics, fresh));
      }
      const gone = [...known.keys()].filter((_, i) => removed.includes(i));
      finish(
        writer.remove(
          SIGNAL.metrics,
          gone.toSorted((a, b) => a - b),
        ),
      );
      for (const id of gone) known.delete(id);
      const ascending = (list: Iterable<number>) => [...list].sort((a, b) => a - b);
      assert.deepEqual([...reader.chunks.ids(SIGNAL.metrics)], ascending(known.keys()));
      for (const set of sets) {
        const wanted = [...known].filter(([, s]) => matchesNaively(set, s)).map(([id]) => id);
        assert.deepEqual([...reader.select(SIGNAL.metrics, toMatchers(set))], ascending(wanted));
        const labelsOf = (id: number) => Labels.fromBytes(reader.labels(id)!);
        assert.deepEqual([...reader.select(SIGNAL.metrics, toMatchers(set), labelsOf)], ascending(wanted));
      }
      for (const [id, s] of known) {
        const bytes = Labels.from(s).toBytes();
        assert.equal(keyOf(Labels.fromBytes(reader.labels(id)!).toObject()), keyOf(s));
        const low = hashBytes(bytes, 0, bytes.length);
        assert.equal(reader.find(SIGNAL.metrics, low, hash64.high, bytes), id);
        assert.equal(reader.find(SIGNAL.logs, low, hash64.high, bytes), undefined);
      }
      for (const id of gone) assert.equal(reader.labels(id), undefined);
      db.close();
    });
    fc.assert(cases, { numRuns: 60 });
  });

  test('long lists are split into rows, and lists of both signals kept apart', () => {
    const db = openForWriting(':memory:', { durability: 'process' });
    const writer = seriesWriter(db);
    let next = 0;
    const metrics = new SeriesIndex(() => ++next);
    const logs = new SeriesIndex(() => ++next);
    const SERIES = 5000;
    for (let i = 0; i < SERIES; i++) {
      metrics.resolveLabels(Labels.from({ job: 'j', n: `${i}` }), 1);
      if (i % 3 === 0) logs.resolveLabels(Labels.from({ job: 'j', n: `${i}` }), 1);
    }
    finish(writer.add(SIGNAL.metrics, metrics.takeFresh()));
    finish(writer.add(SIGNAL.logs, logs.takeFresh()));
    const rows = db.prepare("SELECT count(*) FROM posting WHERE value = 'j'").pluck().get() as number;
    assert.ok(rows > 2 && rows < 20, `${rows} rows`);
    const reader = seriesReader(db);
    const [job] = toMatchers([{ type: '=', name: 'job', value: 'j' }]);
    assert.equal(reader.select(SIGNAL.metrics, [job!]).length, SERIES);
    assert.equal(reader.select(SIGNAL.logs, [job!]).length, Math.ceil(SERIES / 3));
    assert.equal(Labels.fromBytes(reader.chunks.labels(SIGNAL.logs, 2)!).get('n'), '0');
    assert.equal(reader.chunks.labels(SIGNAL.metrics, 2), undefined);
    assert.equal(writer.maxId(), next);
    db.close();
  });

  test('series that come between others are merged into chunks and rows, which stay in bounds', () => {
    const db = openForWriting(':memory:', { durability: 'process' });
    const writer = seriesWriter(db);
    const extents = new IdExtents(1);
    const index = new SeriesIndex((labels) => extents.next(labels.get(METRIC_NAME)));
    const labelsOf = new Map<number, string>();
    const names = Array.from({ length: 30 }, (_, i) => `metric_${i}`);
    const [job] = toMatchers([{ type: '=', name: 'job', value: 'j' }]);
    const keeping = keepingSeriesReader(db, () => assert.fail('nothing is damaged'));
    // Each round adds pods to every metric, and the extents of all of them are long interleaved.
    for (let round = 0; round < 8; round++) {
      for (let pod = 0; pod < 10 + round; pod++) {
        for (const name of names) {
          const labels = Labels.from({ __name__: name, job: 'j', pod: `${round}-${pod}` });
          labelsOf.set(index.id(index.resolveLabels(labels, 1)), labels.key());
        }
      }
      const fresh = index.takeFresh();
      breakOff(writer.add(SIGNAL.metrics, fresh), round * 3);
      finish(writer.add(SIGNAL.metrics, fresh));
      // What it kept of the round before is not believed any more.
      keeping.begin();
      assert.equal(keeping.select(SIGNAL.metrics, [job!]).length, labelsOf.size);
    }
    const reader = seriesReader(db);
    const ids = [...labelsOf.keys()].sort((a, b) => a - b);
    assert.deepEqual([...reader.chunks.ids(SIGNAL.metrics)], ids);
    for (const [id, key] of labelsOf) assert.equal(Labels.fromBytes(reader.labels(id)!).key(), key);
    assert.deepEqual([...reader.select(SIGNAL.metrics, [job!])], ids);
    const [name] = toMatchers([{ type: '=', name: '__name__', value: 'metric_7' }]);
    assert.equal(reader.select(SIGNAL.metrics, [name!]).length, ids.length / names.length);
    const chunks = db.prepare('SELECT count(*) FROM series_chunk').pluck().get() as number;
    assert.ok(chunks <= ids.length / 40, `${chunks} chunks of ${ids.length} series`);
    const longest = db.prepare('SELECT max(length(ids)) FROM posting').pluck().get() as number;
    assert.ok(longest < 2000, `a row of ${longest} bytes`);
    db.close();
  });

  test('a damaged chunk is told of, and the rest is read', () => {
    const db = openForWriting(':memory:', { durability: 'process' });
    let next = 0;
    const index = new SeriesIndex(() => ++next);
    for (let i = 0; i < 300; i++) index.resolveLabels(Labels.from({ n: `${i}` }), 1);
    finish(seriesWriter(db).add(SIGNAL.metrics, index.takeFresh()));
    db.exec("UPDATE series_chunk SET labels = x'28b52ffd0000' WHERE first <> 129");
    for (let i = 300; i < 310; i++) index.resolveLabels(Labels.from({ n: `${i}` }), 1);
    finish(seriesWriter(db).add(SIGNAL.metrics, index.takeFresh()));
    finish(seriesWriter(db).remove(SIGNAL.metrics, [1, 2, 140]));
    const told: string[] = [];
    const reader = seriesReader(db, (place) => told.push(place));
    assert.equal(reader.labels(5), undefined);
    assert.deepEqual(told, ['chunk 1 of the series table']);
    assert.ok(reader.labels(200));
    assert.ok(reader.labels(305), 'what came later, behind a damaged chunk');
    assert.equal(reader.labels(140), undefined);
    db.close();
  });

  test('a database of version 1 is migrated', () => {
    const file = path.join(tempDir(), 'trilite.db');
    const old = new Database(file);
    old.exec(MIGRATIONS[0]!);
    const add = old.prepare('INSERT INTO series (id, signal, hash, labels) VALUES (?, ?, 0, ?)');
    old.transaction(() => {
      for (let i = 1; i <= 400; i++) {
        add.run(2 * i, i % 4 === 0 ? 2 : 1, Labels.from({ job: 'j', n: `${i}` }).toBytes());
      }
    })();
    old.pragma('user_version = 1');
    old.close();
    openForWriting(file, { durability: 'process' }).close();
    const db = openForReading(file);
    const reader = seriesReader(db);
    const [job] = toMatchers([{ type: '=', name: 'job', value: 'j' }]);
    assert.equal(reader.select(SIGNAL.metrics, [job!]).length, 300);
    assert.equal(reader.select(SIGNAL.logs, [job!]).length, 100);
    const bytes = Labels.from({ job: 'j', n: '7' }).toBytes();
    const low = hashBytes(bytes, 0, bytes.length);
    assert.equal(reader.find(SIGNAL.metrics, low, hash64.high, bytes), 14);
    assert.equal(seriesWriter(db).maxId(), 800);
    db.close();
  });
});
