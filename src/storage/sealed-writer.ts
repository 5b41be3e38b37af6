/**
 * What stands in the place of the writer thread where a file is only read: it answers what is asked about the file from a
 * read-only connection, and refuses whatever would change it.
 */

import { TriliteError } from '../model/errors.ts';
import { SIGNAL_NAMES } from './retention.ts';
import { alertStateTable } from './sqlite/alert-state-table.ts';
import { blockReader } from './sqlite/block-table.ts';
import { type Connection, openForReading } from './sqlite/database.ts';
import { deleteRequestTable } from './sqlite/delete-request-table.ts';
import { exemplarTable } from './sqlite/exemplar-table.ts';
import { ruleTable } from './sqlite/rule-table.ts';
import { seriesChunkWriter } from './sqlite/series-chunks.ts';
import { silenceTable } from './sqlite/silence-table.ts';
import { walTable } from './sqlite/wal-table.ts';
import type { OpenAnswer, StatsAnswer, WriterAnswers, WriterRequest } from './sqlite/writer-protocol.ts';
import type { WriterSide } from './writer-client.ts';

type Kind = WriterRequest['kind'] & keyof WriterAnswers;

export class SealedWriter implements WriterSide {
  readonly #path: string;
  readonly #db: Connection;
  readonly #damaged = new Set<string>();
  readonly isIdle = true;
  readonly isStalled = false;
  readonly queuedBytes = 0;
  walBytes = 0;
  keepsAll = false;
  onCommitted: () => void = () => {};
  onReplay: WriterSide['onReplay'] = () => {};
  onReplayAgain: () => void = () => {};
  onDamage: (what: string) => void = () => {};
  onCrash: (error: Error) => void = () => {};

  constructor(path: string, nativeBinding: string | undefined) {
    this.#path = path;
    this.#db = openForReading(path, nativeBinding);
  }

  async request<K extends Kind>(request: Extract<WriterRequest, { kind: K }>): Promise<WriterAnswers[K]> {
    return this.#answer(request as WriterRequest) as WriterAnswers[K];
  }

  #answer(request: WriterRequest): unknown {
    switch (request.kind) {
      case 'open':
        return this.#open();
      case 'stats':
        return this.#stats();
      case 'blocks':
        return blockReader(this.#db)
          .all()
          .filter((b) => SIGNAL_NAMES[b.signal] === request.signal)
          .map(({ id, level, minMs, maxMs, items, bytes }) => ({ id, level, minMs, maxMs, items, bytes }))
          .sort((a, b) => a.minMs - b.minMs || a.id - b.id);
      case 'rules':
        return ruleTable(this.#db, this.#damage).all();
      case 'silences':
        return silenceTable(this.#db, this.#damage).all();
      case 'alert-state':
        return alertStateTable(this.#db, this.#damage).all();
      case 'list-delete-requests':
        return deleteRequestTable(this.#db, this.#damage)
          .all()
          .map((r) => ({ ...r, progress: 0 }));
      case 'journal-read':
        return [];
      case 'close':
      case 'keep-metric-log':
      case 'set-retention':
        return undefined;
      default:
        throw this.#refusal();
    }
  }

  readonly #damage = (what: string): void => {
    if (this.#damaged.has(what)) return;
    this.#damaged.add(what);
    this.onDamage(what);
  };

  #refusal(): TriliteError {
    return new TriliteError('forbidden', `${this.#path} is only read: nothing is changed in it`);
  }

  #open(): OpenAnswer {
    const wal = walTable(this.#db);
    return {
      flushedGeneration: wal.flushedGeneration(),
      walGeneration: 0,
      maxSeriesId: seriesChunkWriter(this.#db).maxId(),
      blocks: blockReader(this.#db)
        .all()
        .map(({ signal, ...block }) => ({ ...block, signal: SIGNAL_NAMES[signal] })),
      walBytes: 0,
      metadata: exemplarTable(this.#db, this.#damage).metadata(),
      // None is ever carried out here.
      oldestDeleteMs: Number.POSITIVE_INFINITY,
      lastJournalRow: 0,
      lastWalRow: wal.lastSeq(),
    };
  }

  #stats(): StatsAnswer {
    const number = (pragma: string) => this.#db.pragma(pragma, { simple: true }) as number;
    const pageBytes = number('page_size');
    const blocks = { metrics: 0, logs: 0, traces: 0 };
    const blockBytes = { metrics: 0, logs: 0, traces: 0 };
    for (const { signal, bytes } of blockReader(this.#db).all()) {
      blocks[SIGNAL_NAMES[signal]]++;
      blockBytes[SIGNAL_NAMES[signal]] += bytes;
    }
    return {
      walBytes: 0,
      databaseBytes: number('page_count') * pageBytes,
      freeBytes: number('freelist_count') * pageBytes,
      blockBytes,
      blocks,
      damagedPages: this.#damaged.size,
    };
  }

  async commit(): Promise<void> {
    throw this.#refusal();
  }

  /** There is no thread. */
  unref(): void {}

  sendQueued(): void {}

  forgetUpTo(): void {}

  async resume(): Promise<boolean> {
    return true;
  }

  async close(): Promise<void> {
    this.#db.close();
  }

  async abandon(): Promise<void> {
    this.#db.close();
  }
}
