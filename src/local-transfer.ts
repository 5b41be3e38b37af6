/**
 * A data directory that no server runs on, as the source of an export or the target of an import: storage in this process,
 * with no retention, no limits of age or order, and nothing that listens.
 */

import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { decodeLokiPush } from './ingest/decode/loki-push.ts';
import { decodeLokiPushJson } from './ingest/decode/loki-push-json.ts';
import { decodeOtlpLogs } from './ingest/decode/otlp-logs.ts';
import { decodeOtlpTraces } from './ingest/decode/otlp-traces.ts';
import { decodeRemoteWrite1 } from './ingest/decode/remote-write.ts';
import { decodeRemoteWrite2 } from './ingest/decode/remote-write-v2.ts';
import { TriliteError } from './model/errors.ts';
import type { ExportSignal } from './model/export-wire.ts';
import { DEFAULT_LOG_LIMITS } from './model/limits.ts';
import { ReaderPool } from './query/worker.ts';
import { type LocalStorage, openStorage } from './storage/engine.ts';
import type { AppendOutcome } from './storage/interface.ts';
import { databaseAddon } from './storage/sqlite/addon.ts';
import { NO_LOG_LIMITS } from './transfer/exact-logs.ts';
import type { ExportParams, ExportSource } from './transfer/export-source.ts';
import type { ImportBatch } from './transfer/import-batch.ts';
import type { ImportTarget } from './transfer/import-run.ts';
import { Tally } from './transfer/tally.ts';

const DATABASE_FILE = 'trilite.db';
/** What waits to be durable: appends go on meanwhile. */
const WAITING_MAX = 8;

/** The database of a directory, or the file itself. Throws `not_found` where there is none and none is to be made. */
export function databasePath(data: string, create: boolean): string {
  const isFile = existsSync(data) ? statSync(data).isFile() : data.endsWith('.db');
  const path = isFile ? data : join(data, DATABASE_FILE);
  if (create) mkdirSync(dirname(path), { recursive: true });
  else if (!existsSync(path)) throw new TriliteError('not_found', `there is no database at ${path}`);
  return path;
}

function openDatabase(path: string, warn: (what: string) => void): Promise<LocalStorage> {
  return openStorage({
    path,
    nativeBinding: databaseAddon(),
    durability: 'process',
    retentionMs: { metrics: 0, logs: 0, traces: 0 },
    onProblem: (what, error) => warn(`${what}: ${error.message}`),
    onDamage: warn,
  });
}

export class DataSource implements ExportSource {
  readonly name: string;
  readonly #storage: LocalStorage;
  readonly #pool: ReaderPool;
  readonly #signal: AbortSignal;

  private constructor(
    path: string,
    storage: LocalStorage,
    signal: AbortSignal,
    warn: (what: string) => void,
  ) {
    this.name = path;
    this.#storage = storage;
    this.#signal = signal;
    this.#pool = new ReaderPool({
      path,
      nativeBinding: databaseAddon(),
      readers: 1,
      source: storage,
      onDamage: warn,
    });
  }

  static async open(path: string, signal: AbortSignal, warn: (what: string) => void): Promise<DataSource> {
    return new DataSource(path, await openDatabase(path, warn), signal, warn);
  }

  async *page(signal: ExportSignal, params: ExportParams): AsyncGenerator<Uint8Array> {
    const request = { params, path: {}, headers: {}, nowMs: Date.now() };
    const answer = await this.#pool.run(`export.${signal}`, request, this.#signal);
    yield answer.body;
    if (answer.rest) yield* answer.rest;
  }

  async close(): Promise<void> {
    await this.#pool.close();
    await this.#storage.close();
  }
}

export class DataTarget implements ImportTarget {
  readonly tallies = [new Tally('samples'), new Tally('log entries'), new Tally('spans')] as const;
  readonly #storage: LocalStorage;
  #waiting: Promise<void>[] = [];

  constructor(storage: LocalStorage) {
    this.#storage = storage;
  }

  static async open(path: string, warn: (what: string) => void): Promise<DataTarget> {
    return new DataTarget(await openDatabase(path, warn));
  }

  async take(batch: ImportBatch): Promise<void> {
    for (;;) {
      try {
        this.#note(batch, await this.#append(batch));
        break;
      } catch (error) {
        // The head is full: it is written out, and there is room again.
        if (!(error instanceof TriliteError) || error.kind !== 'overloaded') throw error;
        await this.#storage.flush();
      }
    }
    if (this.#waiting.length >= WAITING_MAX) await this.#settle();
  }

  #append({ kind, message }: ImportBatch): Promise<AppendOutcome> {
    const { metrics, logs, traces } = this.#storage;
    switch (kind) {
      case 'samples':
        return metrics.append(decodeRemoteWrite2(message).batch, { mode: 'partial' });
      case 'metadata':
        return metrics.append(decodeRemoteWrite1(message), { mode: 'partial' });
      case 'push':
        return logs.append(decodeLokiPush(message, 0, NO_LOG_LIMITS).batch);
      case 'push-json':
        return logs.append(decodeLokiPushJson(message, 0, NO_LOG_LIMITS).batch);
      case 'otlp-logs':
        return logs.append(decodeOtlpLogs(message, Date.now(), { ...DEFAULT_LOG_LIMITS, maxAgeMs: 0 }).batch);
      case 'otlp-traces':
        return traces.append(decodeOtlpTraces(message));
    }
  }

  #note({ kind, exemplars }: ImportBatch, { accepted, refused, durable }: AppendOutcome): void {
    this.#waiting.push(durable);
    if (kind === 'metadata') return;
    const tally = this.tallies[kind === 'samples' ? 0 : kind === 'otlp-traces' ? 2 : 1];
    tally.taken(accepted, exemplars);
    for (const { message } of refused) tally.refuse(message, 1);
  }

  async #settle(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    await Promise.all(waiting);
  }

  async close(): Promise<void> {
    try {
      await this.#settle();
    } finally {
      await this.#storage.close();
    }
  }
}
