/** The contract of journals, on every store that has them; then what the local engine's disk does to them. */

import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import Database from 'better-sqlite3';
import type { Journal, JournalStore } from '../../src/storage/interface.ts';
import { copyOfFiles } from './engine-states.ts';
import { openEngine, tempDir } from './local-engine.ts';
import { MemoryJournals } from './memory-journals.ts';

const text = (record: Uint8Array) => Buffer.from(record).toString();
const bytes = (value: string) => new TextEncoder().encode(value);

interface Opened {
  readonly journal: Journal;
  readonly records: readonly { readonly text: string; readonly number: number }[];
}

async function open(store: JournalStore, name: string): Promise<Opened> {
  const records: { text: string; number: number }[] = [];
  const journal = await store.openJournal(name, (record, number) =>
    records.push({ text: text(record), number }),
  );
  return { journal, records };
}

const texts = (opened: Opened) => opened.records.map((r) => r.text);

/** A store, and the same one as the next process finds it after a kill. */
interface Subject {
  readonly store: JournalStore;
  again(): Promise<JournalStore>;
}

const SUBJECTS: Readonly<Record<string, () => Promise<Subject>>> = {
  'in memory': async () => {
    const store = new MemoryJournals();
    return { store, again: async () => store };
  },
  'the local engine, killed': async () => {
    const dir = tempDir();
    return { store: await openEngine(dir), again: () => openEngine(copyOfFiles(dir)) };
  },
  'the local engine, closed': async () => {
    const dir = tempDir();
    const store = await openEngine(dir);
    return {
      store,
      again: async () => {
        await store.close();
        return openEngine(dir);
      },
    };
  },
};

for (const [name, make] of Object.entries(SUBJECTS)) {
  describe(`a journal, ${name}`, () => {
    test('gives back what was durable, in order, apart from other journals', async () => {
      const { store, again } = await make();
      const first = await open(store, 'a');
      const other = await open(store, 'b');
      assert.deepEqual(texts(first), []);
      const entries = Array.from({ length: 300 }, (_, i) =>
        (i % 3 === 2 ? other : first).journal.append(bytes(`r${i}`)),
      );
      await Promise.all(entries.map((e) => e.durable));
      for (let i = 1; i < entries.length; i++) {
        const before = entries[i - 1]!;
        if (i % 3 === 1) assert.ok(entries[i]!.number >= before.number, 'numbers of a journal ascend');
      }
      const next = await again();
      const wanted = Array.from({ length: 300 }, (_, i) => `r${i}`);
      const reopened = await open(next, 'a');
      assert.deepEqual(
        texts(reopened),
        wanted.filter((_, i) => i % 3 !== 2),
      );
      assert.deepEqual(
        texts(await open(next, 'b')),
        wanted.filter((_, i) => i % 3 === 2),
      );
      const added = reopened.journal.append(bytes('later'));
      await added.durable;
      assert.ok(added.number > reopened.records.at(-1)!.number, 'numbers go on above those that are there');
    });

    test('a record is copied, and may be empty', async () => {
      const { store, again } = await make();
      const { journal } = await open(store, 'a');
      const record = bytes('kept');
      const entries = [journal.append(record), journal.append(new Uint8Array(0))];
      record.fill(0);
      await Promise.all(entries.map((e) => e.durable));
      assert.deepEqual(texts(await open(await again(), 'a')), ['kept', '']);
    });

    test('forgets what is cut, and nothing that is not', async () => {
      const { store, again } = await make();
      const { journal } = await open(store, 'a');
      const other = (await open(store, 'b')).journal;
      await other.append(bytes('other')).durable;
      const numbers: number[] = [];
      for (let i = 0; i < 200; i++) {
        const entry = journal.append(bytes(`r${i}`));
        await entry.durable;
        numbers.push(entry.number);
      }
      journal.cut(numbers[150]!);
      await journal.append(bytes('last')).durable;
      const next = await again();
      const { records } = await open(next, 'a');
      assert.deepEqual(
        records.filter((r) => r.number >= numbers[150]!).map((r) => r.text),
        [...Array.from({ length: 50 }, (_, i) => `r${150 + i}`), 'last'],
      );
      assert.deepEqual(texts(await open(next, 'b')), ['other']);
    });
  });
}

describe('a journal on disk', () => {
  test('a damaged row is told of and left out', async () => {
    const dir = tempDir();
    const engine = await openEngine(dir);
    const { journal } = await open(engine, 'a');
    for (const r of ['one', 'two', 'three']) await journal.append(bytes(r)).durable;
    await engine.close();
    const db = new Database(path.join(dir, 'trilite.db'));
    db.exec("UPDATE journal SET data = x'0200000000ff' WHERE seq = 2");
    db.close();
    const damage: string[] = [];
    const next = await openEngine(dir, { onDamage: (what) => damage.push(what) });
    assert.deepEqual(texts(await open(next, 'a')), ['one', 'three']);
    assert.match(damage.join('\n'), /row 2 of journal a is damaged and skipped/);
  });

  test('cut rows leave the file', async () => {
    const dir = tempDir();
    const engine = await openEngine(dir);
    const { journal } = await open(engine, 'a');
    const entries = Array.from({ length: 100 }, (_, i) => journal.append(bytes(`r${i}`)));
    await Promise.all(entries.map((e) => e.durable));
    journal.cut(entries.at(-1)!.number + 1);
    await engine.close();
    const db = new Database(path.join(dir, 'trilite.db'), { readonly: true });
    assert.equal(db.prepare('SELECT count(*) FROM journal').pluck().get(), 0);
    db.close();
  });

  test('more than is read at a time comes back whole', async () => {
    const dir = tempDir();
    const engine = await openEngine(dir);
    const { journal } = await open(engine, 'a');
    const record = (i: number) => Buffer.alloc(3_000_000, `${i} `);
    for (let i = 0; i < 5; i++) await journal.append(record(i)).durable;
    await engine.close();
    const next = await openEngine(dir);
    assert.deepEqual(
      texts(await open(next, 'a')),
      Array.from({ length: 5 }, (_, i) => text(record(i))),
    );
  });

  test('takes nothing once the storage closes', async () => {
    const engine = await openEngine(tempDir());
    const { journal } = await open(engine, 'a');
    await engine.close();
    assert.throws(() => journal.append(bytes('x')), { kind: 'overloaded' });
    journal.cut(10);
  });
});
