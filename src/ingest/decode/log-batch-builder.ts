/**
 * Builds a `LogBatch` out of what the log protocols' decoders find: streams and entries are held to the limits,
 * metadata names are normalised and sorted, the level is detected. Lines are ranges of the request's buffer. What a
 * limit refuses is noted, the rest goes in.
 */

import { utf8Encode } from '../../base/bytes.ts';
import type { LogBatch } from '../../model/batch.ts';
import { TriliteError } from '../../model/errors.ts';
import type { Labels } from '../../model/labels.ts';
import { type LogLimits, REFUSALS_KEPT_MAX } from '../../model/limits.ts';
import { DETECTED_LEVEL, levelOfLine, levelOfSeverityNumber, normalizeLevel } from './detected-level.ts';
import { type KnownStream, streamOf, streamOfText } from './known-streams.ts';
import { LogColumns } from './log-columns.ts';
import { type MetadataPlan, MetadataPlanner } from './metadata-plan.ts';
import { streamText } from './stream-labels.ts';
import { StringTable } from './string-table.ts';

/** Why something was refused; the message is the protocol's own. */
export interface LogRefusal {
  readonly reason: 'too_far_in_future' | 'too_old' | 'limit';
  readonly message: string;
  /** How often: equal reasons are one. */
  readonly count: number;
}

export interface LogDecode {
  /** What was accepted. */
  readonly batch: LogBatch;
  /** The first reasons; a stream that is refused is one, whatever it holds. */
  readonly refused: readonly LogRefusal[];
  /** Entries refused, those of refused streams included. */
  readonly refusedEntries: number;
  /** Streams in the request, empty and refused ones included. */
  readonly streamCount: number;
}

/** A stream of the request. */
export interface OpenStream {
  readonly labels: Labels;
  /** From the labels, which go before anything in the entry. */
  readonly level: string | undefined;
  /** Why every entry is refused; told with the first of them, so that a stream without any passes. */
  readonly refusal: string | undefined;
  /** Whether it was told. */
  isTold: boolean;
  /** Index in the batch, -1 until an entry is accepted. */
  index: number;
}

/** Levels that are remembered; a stream may have a value of its own in their place. */
const LEVELS_MAX = 8;

export class LogBatchBuilder {
  readonly strings: StringTable;
  #bytes: Uint8Array;
  /** Bytes of `#bytes` in use: the request's, then what `appendText` added. */
  #bytesUsed: number;
  readonly #limits: LogLimits;
  readonly #futureMaxMs: number;
  readonly #ageMinMs: number;
  readonly #planner: MetadataPlanner;

  readonly #streams: Labels[] = [];
  readonly #streamIndex = new Map<string, number>();
  /** By message. */
  readonly #refused = new Map<string, { readonly reason: LogRefusal['reason']; count: number }>();
  /** Fails the request once all of it was read: what is wrong with its form is told first. */
  #failure: TriliteError | undefined;
  #refusedEntries = 0;
  #streamCount = 0;

  #count = 0;
  readonly #columns: LogColumns;
  #pairCount = 0;

  /** Pairs of the entry that is being read: name and value, alternating, as string numbers. */
  readonly #entryPairs: number[] = [];
  /** Levels that entries had, and their string numbers. */
  readonly #levels: string[] = [];
  readonly #levelNumbers: number[] = [];
  #entryPairBytes = 0;

  /** `bytes` is where lines and strings are; entries are judged by the clock `nowMs`. The batch's columns are views of `columns`. */
  constructor(
    bytes: Uint8Array,
    nowMs: number,
    limits: LogLimits,
    columns: LogColumns = new LogColumns(bytes.length),
  ) {
    this.#bytes = bytes;
    this.#bytesUsed = bytes.length;
    this.strings = new StringTable(bytes);
    this.#limits = limits;
    this.#futureMaxMs = nowMs + limits.futureMs;
    this.#ageMinMs = limits.maxAgeMs === 0 ? -Infinity : nowMs - limits.maxAgeMs;
    this.#planner = new MetadataPlanner(this.strings);
    this.#columns = columns;
  }

  /** Begins a stream. */
  open(given: Labels): OpenStream {
    return this.#open(streamOf(given, this.#limits));
  }

  /** Begins the stream of a label string. Throws `TriliteError` (`bad_data`) where it does not parse. */
  openText(text: string): OpenStream {
    return this.#open(streamOfText(text, this.#limits));
  }

  #open({ labels, refusal, level }: KnownStream): OpenStream {
    this.#streamCount++;
    return { labels, level, refusal, isTold: false, index: -1 };
  }

  /** Adds a metadata pair to the next entry, both `bytes` ranges. */
  pairBytes(nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    this.#entryPairs.push(
      this.strings.ofBytes(nameStart, nameEnd),
      this.strings.ofBytes(valueStart, valueEnd),
    );
    this.#entryPairBytes += nameEnd - nameStart + valueEnd - valueStart;
  }

  /** Puts a text that is not in the request behind it, to be a line, and returns its range. The first time copies the request. */
  appendText(text: string): { readonly start: number; readonly end: number } {
    const piece = utf8Encode(text);
    const start = this.#bytesUsed;
    const end = start + piece.length;
    if (end > this.#bytes.length) {
      const next = new Uint8Array(Math.max(end, 2 * this.#bytes.length));
      next.set(this.#bytes.subarray(0, start));
      this.#bytes = next;
    }
    this.#bytes.set(piece, start);
    this.#bytesUsed = end;
    return { start, end };
  }

  /** Adds a metadata pair to the next entry by string numbers. */
  pair(name: number, value: number, sizeBytes: number): void {
    this.#entryPairs.push(name, value);
    this.#entryPairBytes += sizeBytes;
  }

  /** Adds an entry with the pairs given since the one before; its line is `bytes[lineStart, lineEnd)`. */
  entry(stream: OpenStream, timeMs: number, timeNs: number, lineStart: number, lineEnd: number): void {
    const { lineTruncate, lineMaxBytes } = this.#limits;
    if (lineTruncate && lineMaxBytes > 0) lineEnd = Math.min(lineEnd, lineStart + lineMaxBytes);
    if (stream.refusal !== undefined) {
      this.#refusedEntries++;
      if (!stream.isTold) this.#refuse('limit', stream.refusal, 0);
      stream.isTold = true;
    } else if (this.#admit(stream, timeMs, timeNs, lineEnd - lineStart)) {
      if (stream.index < 0) stream.index = this.#indexOf(stream.labels);
      const at = this.#count++;
      const columns = this.#columns;
      if (at === columns.capacity) columns.grow();
      columns.stream[at] = stream.index;
      columns.timeMs[at] = timeMs;
      columns.timeNs[at] = timeNs;
      columns.lineStart[at] = lineStart;
      columns.lineEnd[at] = lineEnd;
      this.#metadata(stream, lineStart, lineEnd);
      columns.pairEnd[at] = this.#pairCount;
    }
    this.#entryPairs.length = 0;
    this.#entryPairBytes = 0;
  }

  /** Throws `TriliteError` (`internal`) where a metadata name means nothing. */
  finish(): LogDecode {
    if (this.#failure) throw this.#failure;
    const n = this.#count;
    const columns = this.#columns;
    return {
      batch: {
        streams: this.#streams,
        count: n,
        stream: columns.stream.subarray(0, n),
        timeMs: columns.timeMs.subarray(0, n),
        timeNs: columns.timeNs.subarray(0, n),
        bytes: this.#bytes,
        lineStart: columns.lineStart.subarray(0, n),
        lineEnd: columns.lineEnd.subarray(0, n),
        pairEnd: columns.pairEnd.subarray(0, n),
        pairs: columns.pairs.subarray(0, this.#pairCount),
        strings: this.strings.strings,
      },
      refused: [...this.#refused].map(([message, { reason, count }]) => ({ reason, message, count })),
      refusedEntries: this.#refusedEntries,
      streamCount: this.#streamCount,
    };
  }

  #refuse(reason: LogRefusal['reason'], message: string, entries: number): void {
    this.#refusedEntries += entries;
    const known = this.#refused.get(message);
    if (known) known.count++;
    else if (this.#refused.size < REFUSALS_KEPT_MAX) this.#refused.set(message, { reason, count: 1 });
  }

  #indexOf(labels: Labels): number {
    const key = labels.key();
    let index = this.#streamIndex.get(key);
    if (index === undefined) {
      index = this.#streams.push(labels) - 1;
      this.#streamIndex.set(key, index);
    }
    return index;
  }

  /** Holds an entry to the limits; false where it is refused, and noted. */
  #admit(stream: OpenStream, timeMs: number, timeNs: number, lineBytes: number): boolean {
    const limits = this.#limits;
    const text = (): string => streamText(stream.labels);
    if (timeMs < this.#ageMinMs) {
      const oldest = timeText(this.#ageMinMs);
      const message = `entry for stream '${text()}' has timestamp too old: ${timeText(timeMs)}, oldest acceptable timestamp is: ${oldest}`;
      this.#refuse('too_old', message, 1);
      return false;
    }
    if (timeMs > this.#futureMaxMs || (timeMs === this.#futureMaxMs && timeNs > 0)) {
      this.#refuse(
        'too_far_in_future',
        `entry for stream '${text()}' has timestamp too new: ${timeText(timeMs)}`,
        1,
      );
      return false;
    }
    if (limits.lineMaxBytes > 0 && lineBytes > limits.lineMaxBytes) {
      const message = `max entry size '${limits.lineMaxBytes}' bytes exceeded for stream '${text()}' while adding an entry with length '${lineBytes}' bytes`;
      this.#refuse('limit', message, 1);
      return false;
    }
    const pairs = this.#entryPairs.length / 2;
    // Looked at closely where it may be too much.
    const pairBytes = this.#entryPairBytes > limits.metadataMaxBytes ? this.#countedPairBytes() : 0;
    if (pairBytes > limits.metadataMaxBytes) {
      const message = `stream '${text()}' has structured metadata too large: '${pairBytes}' bytes, limit: '${limits.metadataMaxBytes}' bytes. Please see \`limits_config.max_structured_metadata_size\` or contact your Loki administrator to increase it`;
      this.#refuse('limit', message, 1);
      return false;
    }
    if (pairs > limits.metadataPairsMax) {
      const message = `stream '${text()}' has too many structured metadata labels: '${pairs}', limit: '${limits.metadataPairsMax}'. Please see \`limits_config.max_structured_metadata_entries_count\` or contact your Loki administrator to increase it`;
      this.#refuse('limit', message, 1);
      return false;
    }
    return true;
  }

  /** Bytes of the entry's pairs that count; a level, which is added to every entry, does not. */
  #countedPairBytes(): number {
    const { strings } = this.strings;
    let bytes = this.#entryPairBytes;
    for (let i = 0; i < this.#entryPairs.length; i += 2) {
      const name = strings[this.#entryPairs[i]!]!;
      if (name === DETECTED_LEVEL)
        bytes -= name.length + Buffer.byteLength(strings[this.#entryPairs[i + 1]!]!);
    }
    return bytes;
  }

  /** Writes the entry's pairs as its plan orders them, the detected level in its place. */
  #metadata(stream: OpenStream, lineStart: number, lineEnd: number): void {
    const given = this.#entryPairs;
    const { strings } = this.strings;
    const plan = this.#planOf(given);
    if (!plan) return;
    const level = this.#level(stream, plan, lineStart, lineEnd);
    this.#columns.reservePairs(this.#pairCount + given.length + 2);
    const { pairs } = this.#columns;
    let at = this.#pairCount;
    for (let k = 0; k < plan.order.length; k++) {
      const from: number = plan.order[k]!;
      const value = from < 0 ? level : given[from + 1]!;
      if (value < 0 || strings[value] === '') continue;
      pairs[at] = plan.names[k]!;
      pairs[at + 1] = value;
      at += 2;
    }
    this.#pairCount = at;
  }

  #planOf(pairs: readonly number[]): MetadataPlan | undefined {
    try {
      return this.#planner.planOf(pairs);
    } catch (error) {
      if (!(error instanceof TriliteError)) throw error;
      this.#failure ??= error;
      return undefined;
    }
  }

  /** The string number of the entry's level, -1 where it gets none. */
  #level(stream: OpenStream, plan: MetadataPlan, lineStart: number, lineEnd: number): number {
    const { strings } = this.strings;
    const given = this.#entryPairs;
    const told = plan.detected < 0 ? '' : strings[given[plan.detected + 1]!]!;
    if (told !== '') return this.strings.ofText(normalizeLevel(told));
    if (!this.#limits.detectLevel) return -1;
    let level = stream.level;
    for (let k = 0; k < plan.levels.length && level === undefined; k++) {
      const value = strings[given[plan.levels[k]! + 1]!]!;
      if (value !== '') level = normalizeLevel(value);
    }
    if (level === undefined && plan.severityNumber >= 0) {
      const value = strings[given[plan.severityNumber + 1]!]!;
      if (value !== '') level = levelOfSeverityNumber(value);
    }
    return this.#levelNumber(level ?? levelOfLine(this.#bytes, lineStart, lineEnd));
  }

  /** The string number of a level; there are few, so that a look along a list is quicker than a table. */
  #levelNumber(level: string): number {
    const levels = this.#levels;
    for (let i = 0; i < levels.length; i++) if (levels[i] === level) return this.#levelNumbers[i]!;
    const number = this.strings.ofText(level);
    if (levels.length < LEVELS_MAX) {
      levels.push(level);
      this.#levelNumbers.push(number);
    }
    return number;
  }
}

/** RFC 3339 to the second, in UTC. */
function timeText(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}
