/** A database of all that there can be in one, and what an engine makes of a damaged copy of it. */

import fs from 'node:fs';
import path from 'node:path';
import { LocalStorage } from '../../src/storage/engine.ts';
import type { AskHead } from '../../src/storage/head/snapshot.ts';
import { SampleColumns } from '../../src/storage/interface.ts';
import { ReaderStorage } from '../../src/storage/select/reader-storage.ts';
import {
  corruptionError,
  isCorruption,
  noteCorruption,
  notedCorruption,
} from '../../src/storage/sqlite/corruption.ts';
import { openForWriting } from '../../src/storage/sqlite/database.ts';
import type { Writer } from '../../src/storage/sqlite/writer.ts';
import { openWriter } from '../../src/storage/sqlite/writer-open.ts';
import type { OpenAnswer, WriterRequest } from '../../src/storage/sqlite/writer-protocol.ts';
import type { WriterClient } from '../../src/storage/writer-client.ts';
import { logBatch, metricBatch, spanBatch } from './batches.ts';
import { copyOfFiles } from './engine-states.ts';
import { openEngine, tempDir } from './local-engine.ts';

const T = 1_767_268_800_000;
const EVERYTHING = { minMs: -8e15, maxMs: 8e15 };
const SERIES = 40;
const ROUNDS = 5;
export const DATABASE = 'trilite.db';

async function appendRound(storage: LocalStorage, round: number): Promise<void> {
  const timeMs = T + round * 15_000;
  const labelsOf = (s: number) => ({ __name__: `m${s % 4}`, instance: `host-${s}`, job: 'crash' });
  const samples = Array.from({ length: SERIES }, (_, s) => ({
    labels: labelsOf(s),
    timestampMs: timeMs,
    value: Math.sin(s + round * 97),
  }));
  const series = labelsOf(round % SERIES);
  const exemplar = { series, labels: { trace_id: `x${round}` }, timestampMs: timeMs, value: round };
  const family = { family: `m${round % 4}`, type: 'counter', help: `help ${round}`, unit: '' } as const;
  const metrics = await storage.metrics.append(metricBatch(samples, [exemplar], [family]), {
    mode: 'atomic',
  });
  const entries = Array.from({ length: 200 }, (_, i) => ({
    stream: { app: `app-${i % 7}` },
    timeMs: timeMs + i,
    timeNs: i,
    line: `round ${round} line ${i} ${Math.sin(i * 31 + round).toString(36)}`,
    metadata: ['trace_id', `t${i % 5}`],
  }));
  const logs = await storage.logs.append(logBatch(entries));
  const spans = Array.from({ length: 60 }, (_, i) => ({
    service: `service-${i % 3}`,
    trace: round * 20 + (i % 20) + 1,
    span: i + 1,
    name: `op ${i % 6}`,
    startMs: timeMs + i,
    durationMs: i,
  }));
  const traces = await storage.traces.append(spanBatch(spans));
  await Promise.all([metrics.durable, logs.durable, traces.durable]);
}

/** Blocks of two levels, and rows in the WAL. With `wal`, all is still in SQLite's WAL, as `kill -9` leaves it. */
export async function fullDatabase(options: { readonly wal: boolean }): Promise<string> {
  const dir = tempDir();
  const storage = await openEngine(dir);
  for (let round = 0; round < ROUNDS; round++) {
    await appendRound(storage, round);
    if (round < ROUNDS - 1) await storage.flush({ compact: round === 1 });
  }
  const copy = copyOfFiles(dir);
  await storage.close();
  if (!options.wal) {
    const db = openForWriting(path.join(copy, DATABASE), { durability: 'process' });
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.close();
  }
  return copy;
}

/** What an engine on a damaged database does. */
export interface Outcome {
  /** Why it did not start. */
  refused: string | undefined;
  /** What queries gave. */
  readonly items: Set<string>;
  /** Queries and appends that failed, in one line each. */
  readonly errors: string[];
  /** Damage that was told of. */
  readonly damage: string[];
}

/** Answers the engine from a writer in this thread. */
class NearWriter {
  readonly #writer: Writer;
  constructor(writer: Writer) {
    this.#writer = writer;
  }
  readonly isIdle = true;
  readonly queuedBytes = 0;
  async request(request: WriterRequest): Promise<unknown> {
    const writer = this.#writer;
    try {
      if (request.kind === 'flush') return await writer.flush(request);
      if (request.kind === 'compact') return await writer.compact(request);
      if (request.kind === 'wal') return writer.wal(request);
      if (request.kind === 'probe') return writer.probe(request);
      if (request.kind === 'close') return await writer.close();
      throw new Error(`${request.kind} is not asked for here`);
    } catch (error) {
      if (isCorruption(error)) writer.corrupt(error);
      throw error;
    }
  }
  commit(): Promise<void> {
    return Promise.resolve();
  }
  sendQueued(): void {}
  forgetUpTo(): void {}
  close(): Promise<void> {
    return this.#writer.close();
  }
  async abandon(): Promise<void> {}
}

/** Starts on the directory, lets all be checked, reads everything, takes in a little more, flushes and stops. */
export async function startOn(dir: string, again = true): Promise<Outcome> {
  const out: Outcome = { refused: undefined, items: new Set(), errors: [], damage: [] };
  const file = path.join(dir, DATABASE);
  const replay: { records: Uint8Array; generation: number }[] = [];
  let opened: { writer: Writer; answer: OpenAnswer };
  try {
    const request = { kind: 'open', path: file, durability: 'process' } as const;
    opened = openWriter(request, {
      // As a message would bring them.
      record: (generation, records) => replay.push({ generation, records: new Uint8Array(records) }),
      again: () => replay.splice(0),
      damage: (what) => out.damage.push(what),
    });
  } catch (error) {
    out.refused = (error as Error).message;
    return out;
  }
  const { writer, answer } = opened;
  const near = new NearWriter(writer) as unknown as WriterClient;
  let storage: LocalStorage;
  try {
    storage = new LocalStorage({ path: file, durability: 'process', retentionMs: {} }, near, answer, replay);
  } catch (error) {
    await writer.close();
    // As `openStorage` does it.
    if (again && notedCorruption(file) !== undefined) return startOn(dir, false);
    throw error;
  }
  await writer.verify(0);
  await readAll(storage, file, out);
  const attempt = async (what: () => Promise<unknown>) => {
    await what().catch((error: Error) => out.errors.push(error.message));
  };
  await attempt(() => appendRound(storage, ROUNDS));
  await attempt(() => storage.flush({ compact: true }));
  await attempt(() => storage.close());
  // A flush that fails keeps the engine from closing its writer; its thread would end all the same.
  await writer.close();
  return out;
}

async function readAll(storage: LocalStorage, file: string, out: Outcome): Promise<void> {
  const ask = (async (request: unknown) => storage.heads.answer(request)) as AskHead;
  const tell = (what: string) => out.damage.push(what);
  const guarded = async (read: (reader: ReaderStorage) => Promise<string[]>) => {
    let reader: ReaderStorage | undefined;
    for (let attempts = 0; attempts < 20; attempts++) {
      const known: number = reader?.traces.damagedGroups ?? 0;
      try {
        reader ??= new ReaderStorage(file, ask, undefined, tell);
        reader.begin();
        for (const item of await read(reader)) out.items.add(item);
        break;
      } catch (error) {
        if ((reader?.traces.damagedGroups ?? 0) > known) continue;
        if (!isCorruption(error)) throw error;
        const clear = corruptionError(file, error);
        noteCorruption(file, clear.message);
        out.errors.push(clear.message);
        break;
      } finally {
        reader?.end();
      }
    }
    reader?.close();
  };
  await guarded(readMetrics);
  await guarded(readLogs);
  await guarded(readTraces);
  await guarded(readTracesById);
  await guarded(readExemplars);
  await guarded(readMetadata);
}

const never = new AbortController().signal;

async function readMetrics({ metrics }: ReaderStorage): Promise<string[]> {
  const out: string[] = [];
  const columns = new SampleColumns();
  const cursor = await metrics.select({ matchers: [], ...EVERYTHING }, never);
  while (await cursor.nextBatch()) {
    while (cursor.next()) {
      const n = cursor.read(columns);
      for (let i = 0; i < n; i++)
        out.push(`${cursor.labels().key()} ${columns.timestamps[i]} ${columns.values[i]}`);
    }
  }
  return out;
}

async function readLogs({ logs }: ReaderStorage): Promise<string[]> {
  const out: string[] = [];
  const cursor = await logs.select({ matchers: [], ...EVERYTHING, direction: 'forward' }, never);
  while (await cursor.nextBatch()) {
    while (cursor.next()) {
      const c = cursor.chunk();
      const labels = cursor.labels().key();
      for (let i = 0; i < c.count; i++) {
        const line = Buffer.from(c.lines.subarray(i ? c.lineEnds[i - 1]! : 0, c.lineEnds[i]!)).toString();
        out.push(`${labels} ${c.baseMs + c.offsetsNs[i]! / 1e6} ${line}`);
      }
    }
  }
  return out;
}

async function readTraces({ traces }: ReaderStorage, id?: Uint8Array): Promise<string[]> {
  const out: string[] = [];
  const cursor = id ? await traces.trace(id, never) : await traces.select(EVERYTHING, never);
  while (await cursor.nextBatch()) {
    while (cursor.next()) {
      const g = cursor.group();
      const names = g.names();
      const ids = Buffer.from(g.traceIds());
      const starts = g.startsNs();
      for (let row = 0; row < g.spanCount; row++) {
        const trace = ids.toString('hex', 16 * row, 16 * row + 16);
        if (id && trace !== Buffer.from(id).toString('hex')) continue;
        out.push(`${trace} ${names.strings[names.indexes[row]!]} ${g.baseMs + starts[row]! / 1e6}`);
      }
    }
  }
  return out;
}

async function readTracesById(reader: ReaderStorage): Promise<string[]> {
  const out: string[] = [];
  for (let trace = 1; trace <= ROUNDS * 20; trace++) {
    const id = Buffer.from(trace.toString(16).padStart(32, '0'), 'hex');
    out.push(...(await readTraces(reader, id)).map((item) => `by id ${item}`));
  }
  return out;
}

async function readExemplars({ metrics }: ReaderStorage): Promise<string[]> {
  const all = await metrics.exemplars({ matcherSets: [], ...EVERYTHING });
  return all.flatMap(({ labels, exemplars }) =>
    exemplars.map((e) => `exemplar ${labels.key()} ${e.timestampMs} ${e.value} ${e.labels.key()}`),
  );
}

async function readMetadata({ metrics }: ReaderStorage): Promise<string[]> {
  const all = [...(await metrics.metadata())];
  return all.flatMap(([family, list]) => list.map((m) => `metadata ${family} ${m.type} ${m.help}`));
}

/** A copy of the files in which `change` altered the one named. */
export function altered(dir: string, name: string, change: (bytes: Buffer) => Buffer): string {
  const copy = tempDir();
  for (const entry of fs.readdirSync(dir)) {
    if (entry.startsWith(DATABASE) && !entry.endsWith('.lock'))
      fs.copyFileSync(path.join(dir, entry), path.join(copy, entry));
  }
  const file = path.join(copy, name);
  fs.writeFileSync(file, change(fs.readFileSync(file)));
  return copy;
}
