/**
 * SQL of postings: which series have a label pair, as lists of ids in rows of bounded size that do not overlap. New
 * ids mostly lie behind a pair's last row and are appended to it; those within or before a row are merged into it. Adding
 * the same ids again changes nothing: a flush that broke off may be repeated.
 */

import { ByteWriter } from '../../base/bytes.ts';
import { concatenated, unionAscending } from '../../base/sorted.ts';
import type { Connection } from './database.ts';
import { countIds, readIds, sealIds, unsealIds } from './id-list.ts';
import type { SignalNumber } from './schema.ts';

/** A row's list is closed beyond this: rows of up to a quarter of a database page lie in it whole. */
export const ROW_BYTES_MAX = 1500;

interface LastRow {
  readonly first: number;
  readonly last: number | null;
  /** `unsealIds` from the start value `first`. */
  readonly ids: Buffer | null;
}

export interface PostingWriter {
  /** Adds series (ascending) to a pair. */
  add(signal: SignalNumber, name: string, value: string, ids: readonly number[]): void;
  /** Removes series (ascending) from a pair. */
  remove(signal: SignalNumber, name: string, value: string, ids: readonly number[]): void;
  /** Tells readers that keep lists that these have changed: belongs into the transaction of the change. */
  changed(): void;
  /** Forgets what it remembers of the table: a transaction was rolled back. */
  forget(): void;
}

export function postingWriter(db: Connection): PostingWriter {
  const names = labelNumbers(db);
  const last = db.prepare(
    'SELECT first, last, ids FROM posting WHERE label = ? AND value = ? ORDER BY first DESC LIMIT 1',
  );
  const before = db.prepare(
    'SELECT first, last, ids FROM posting WHERE label = ? AND value = ? AND first <= ? ORDER BY first DESC LIMIT 1',
  );
  const following = db
    .prepare('SELECT first FROM posting WHERE label = ? AND value = ? AND first > ? ORDER BY first LIMIT 1')
    .pluck();
  const put = db.prepare(
    'INSERT OR REPLACE INTO posting (label, value, first, last, ids) VALUES (?, ?, ?, ?, ?)',
  );
  const rows = db.prepare(
    'SELECT first, last, ids FROM posting WHERE label = ? AND value = ? AND first <= ? AND coalesce(last, first) >= ?',
  );
  const drop = db.prepare('DELETE FROM posting WHERE label = ? AND value = ? AND first = ?');
  const raiseVersion = db.prepare(
    "INSERT INTO setting (name, value) VALUES ('posting_version', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1",
  );
  const out = new ByteWriter(ROW_BYTES_MAX * 2);

  /** Writes a row of `ids[from…]` behind what `out` holds, and more rows where they do not fit. */
  function write(
    id: number,
    value: string,
    first: number,
    base: number,
    ids: ArrayLike<number>,
    from: number,
  ) {
    let previous = base;
    let i = from;
    for (; i < ids.length && out.length < ROW_BYTES_MAX; i++) {
      out.varint(ids[i]! - previous);
      previous = ids[i]!;
    }
    const list = out.length === 0 ? null : sealIds(out.view(), first);
    put.run(id, value, first, previous === first ? null : previous, list);
    if (i === ids.length) return;
    out.clear();
    write(id, value, ids[i]!, ids[i]!, ids, i + 1);
  }

  /** Appends ids that lie behind the row and before the next one. */
  function append(id: number, value: string, row: LastRow | undefined, ids: ArrayLike<number>, from: number) {
    const list = row && listOf(row);
    out.clear();
    if (row && list && list.length < ROW_BYTES_MAX) {
      out.bytes(list);
      write(id, value, row.first, row.last ?? row.first, ids, from);
    } else write(id, value, ids[from]!, ids[from]!, ids, from + 1);
  }

  /** Puts ids into the row in whose span they begin; a row that becomes too long is halved. */
  function merge(id: number, value: string, row: LastRow, ids: ArrayLike<number>) {
    const known = idsOf(row);
    // A damaged list stays: the check after a start puts it right.
    if (!known) return;
    const all = unionAscending([known, ids]);
    if (all.length === known.length) return;
    const rows = known.length < all.length && (listOf(row)?.length ?? 0) >= ROW_BYTES_MAX / 2 ? 2 : 1;
    const size = Math.ceil(all.length / rows);
    for (let from = 0; from < all.length; from += size) {
      out.clear();
      const own = Array.prototype.slice.call(all, from, from + size) as number[];
      write(id, value, own[0]!, own[0]!, own, 1);
    }
  }

  /** Ids of which some lie before the pair's last row ends. */
  function insert(id: number, value: string, ids: readonly number[]): void {
    for (let from = 0; from < ids.length; ) {
      const row = before.get(id, value, ids[from]) as LastRow | undefined;
      const next = following.get(id, value, ids[from]) as number | undefined;
      let to = from + 1;
      while (to < ids.length && (next === undefined || ids[to]! < next)) to++;
      const own = ids.slice(from, to);
      if (row && own[0]! <= (row.last ?? row.first)) merge(id, value, row, own);
      else append(id, value, row, own, 0);
      from = to;
    }
  }

  return {
    add(signal, name, value, ids) {
      const id = names.of(signal, name);
      const row = last.get(id, value) as LastRow | undefined;
      if (row && ids[0]! <= (row.last ?? row.first)) insert(id, value, ids);
      else append(id, value, row, ids, 0);
    },
    remove(signal, name, value, ids) {
      const id = names.of(signal, name);
      const gone = new Set(ids);
      for (const row of rows.all(id, value, ids.at(-1), ids[0]) as LastRow[]) {
        const all = idsOf(row);
        // A damaged list stays: the check after a start puts it right.
        if (!all) continue;
        const kept = all.filter((x) => !gone.has(x));
        drop.run(id, value, row.first);
        if (kept.length === 0) continue;
        out.clear();
        write(id, value, kept[0]!, kept[0]!, kept, 1);
      }
    },
    changed: () => void raiseVersion.run(),
    forget: names.forget,
  };
}

/** Numbers of label names, given out when a name is first met. */
function labelNumbers(db: Connection) {
  const find = db.prepare('SELECT id FROM label_name WHERE signal = ? AND name = ?').pluck();
  const add = db.prepare('INSERT INTO label_name (signal, name) VALUES (?, ?)');
  const known = new Map<string, number>();
  return {
    of(signal: SignalNumber, name: string): number {
      const key = `${signal}${name}`;
      let id = known.get(key);
      if (id === undefined) {
        id = find.get(signal, name) as number | undefined;
        id ??= Number(add.run(signal, name).lastInsertRowid);
        known.set(key, id);
      }
      return id;
    },
    forget: () => known.clear(),
  };
}

const NO_IDS = new Uint8Array(0);

/** The ids behind the first, or undefined where they are damaged. */
function listOf(row: Pick<LastRow, 'first' | 'ids'>): Uint8Array | undefined {
  return row.ids ? unsealIds(row.ids, row.first) : NO_IDS;
}

function idsOf(row: LastRow): Uint32Array | undefined {
  const list = listOf(row);
  if (!list) return undefined;
  const ids = new Uint32Array(1 + countIds(list));
  ids[0] = row.first;
  readIds(list, row.first, ids, 1);
  return ids;
}

export interface PostingReader {
  /** Names of the signal's labels and the numbers under which their postings are. */
  names(signal: SignalNumber): { id: number; name: string }[];
  /** The label's number, or undefined. */
  name(signal: SignalNumber, name: string): number | undefined;
  /** In how many rows the series that have the pair are. */
  rows(label: number, value: string): number;
  /** Ids of the series that have the pair, ascending. */
  ids(label: number, value: string): Uint32Array;
  /** Calls `visit` with each value and the rows of its ids, one call a row, ascending by value. */
  each(label: number, visit: (value: string, first: number, ids: Uint8Array | null) => void): void;
  /** Whether `accepts` wants one of the label's rows; asked until one is wanted. */
  some(label: number, accepts: (first: number, ids: Uint8Array | null) => boolean): boolean;
}

/** `onDamage` is told of lists that are damaged, by name; they are left out. */
export function postingReader(db: Connection, onDamage: (place: string) => void = () => {}): PostingReader {
  const names = db.prepare('SELECT id, name FROM label_name WHERE signal = ?');
  const name = db.prepare('SELECT id FROM label_name WHERE signal = ? AND name = ?').pluck();
  const rows = db.prepare(
    'SELECT first, last, ids FROM posting WHERE label = ? AND value = ? ORDER BY first',
  );
  const rowCount = db.prepare('SELECT count(*) FROM posting WHERE label = ? AND value = ?').pluck();
  const each = db
    .prepare('SELECT value, first, ids FROM posting WHERE label = ? ORDER BY value, first')
    .raw();
  const ofLabel = db.prepare('SELECT first, ids FROM posting WHERE label = ?').raw();
  return {
    names: (signal) => names.all(signal) as { id: number; name: string }[],
    name: (signal, text) => name.get(signal, text) as number | undefined,
    rows: (label, value) => rowCount.get(label, value) as number,
    ids(label, value) {
      const lists = (rows.all(label, value) as LastRow[]).flatMap((row) => {
        const ids = idsOf(row);
        if (!ids) onDamage(placeOf(label, row.first));
        return ids ?? [];
      });
      return concatenated(lists);
    },
    each(label, visit) {
      for (const row of each.iterate(label)) {
        const [value, first, ids] = row as unknown as [string, number, Buffer | null];
        const list = ids && unsealIds(ids, first);
        if (list === undefined) onDamage(placeOf(label, first));
        else visit(value, first, list);
      }
    },
    some(label, accepts) {
      for (const row of ofLabel.iterate(label)) {
        const [first, ids] = row as unknown as [number, Buffer | null];
        const list = ids && unsealIds(ids, first);
        if (list === undefined) onDamage(placeOf(label, first));
        else if (accepts(first, list)) return true;
      }
      return false;
    },
  };
}

/** Lists that a reader keeps, in ids: the label that all of a million series have is one. */
const KEPT_IDS_MAX = 2 * 1024 * 1024;

/**
 * A reader that keeps the lists of pairs it was asked for, as a dashboard asks for the same again and again, until
 * `begin` finds that postings have changed.
 */
export function keepingPostings(db: Connection, reader: PostingReader): PostingReader & { begin(): void } {
  const version = db.prepare("SELECT value FROM setting WHERE name = 'posting_version'").pluck();
  const kept = new Map<string, Uint32Array>();
  let keptIds = 0;
  let keptVersion: unknown;
  return {
    ...reader,
    begin() {
      const current = version.get();
      if (current === keptVersion) return;
      kept.clear();
      keptIds = 0;
      keptVersion = current;
    },
    ids(label, value) {
      const key = `${label}:${value}`;
      let ids = kept.get(key);
      if (ids !== undefined) return ids;
      ids = reader.ids(label, value);
      if (keptIds + ids.length > KEPT_IDS_MAX) {
        kept.clear();
        keptIds = 0;
      }
      kept.set(key, ids);
      keptIds += ids.length;
      return ids;
    },
  };
}

function placeOf(label: number, first: number): string {
  return `the list of series from ${first} with label ${label}`;
}

export interface PostingRow {
  readonly value: string;
  readonly first: number;
  /** Undefined where the row is damaged. */
  readonly ids: Uint32Array | undefined;
}

/** All rows of a label in their order, without keeping a statement open between them. */
export function* postingRows(db: Connection, label: number): Generator<PostingRow, void> {
  const after = db.prepare(
    'SELECT value, first, last, ids FROM posting WHERE label = ? AND (value, first) > (?, ?) ORDER BY value, first LIMIT 128',
  );
  for (let value = '', first = -1; ; ) {
    const rows = after.all(label, value, first) as (LastRow & { readonly value: string })[];
    if (rows.length === 0) return;
    for (const row of rows) {
      const ids = idsOf(row);
      const end = row.last ?? row.first;
      yield { value: row.value, first: row.first, ids: ids?.at(-1) === end ? ids : undefined };
    }
    ({ value, first } = rows.at(-1)!);
  }
}
