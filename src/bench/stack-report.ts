/** What the stack workload found, as tables: bytes a day per signal, CPU, memory, latencies. */

import { latencyCells } from './paced-senders.ts';
import type { Sender } from './send.ts';
import type { PacedResult, ReportTable, SampledCount } from './workload.ts';

export type StackSignal = 'metrics' | 'logs' | 'traces';
export const SIGNALS: readonly StackSignal[] = ['metrics', 'logs', 'traces'];

/** Bytes and files at a time; undefined where the system does not tell. */
interface State {
  readonly diskBytes: number | undefined;
  readonly blockBytes: Readonly<Record<StackSignal, number | undefined>>;
}

export interface Measured {
  /** Of the data's time. */
  readonly dataSeconds: number;
  readonly traceCount: number;
  readonly loadSeconds: number;
  /** How far the generator was behind at its worst. */
  readonly lateMs: number;
  /** From the last request sent until the last answer: what the system was behind. */
  readonly drainSeconds: number;
  readonly loadCpu: number | undefined;
  readonly settledCpu: number | undefined;
  readonly peakBytes: number | undefined;
  readonly before: State;
  readonly after: State;
  readonly found: Readonly<Record<StackSignal, number | SampledCount>>;
}

type Tally = Sender['tally'];

/** What the project aims at. */
const GB_A_DAY_MAX: Readonly<Record<StackSignal, number>> = { metrics: 1, logs: 0.5, traces: 2 };
const CPU_CORES_MAX = 0.5;
const PEAK_MIB_MAX = 512;
/** Random, and so beyond any compression: a line's trace id, a span's id, and the id that the spans of a trace share. */
const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

function randomBytes(signal: StackSignal, items: number, traces: number): number {
  if (signal === 'metrics') return 0;
  return signal === 'logs' ? items * TRACE_ID_BYTES : items * SPAN_ID_BYTES + traces * TRACE_ID_BYTES;
}

/** A system that answers this long after the last request has not kept up. */
const DRAIN_SECONDS_MAX = 5;

const GB = 1e9;
const MIB = 1024 * 1024;
const DAY_SECONDS = 86_400;
const UNKNOWN = '–';

function foundItems(found: number | SampledCount): number {
  return typeof found === 'number' ? found : found.items;
}

function difference(after: number | undefined, before: number | undefined): number | undefined {
  return after === undefined || before === undefined ? undefined : after - before;
}

export function stackResult(
  measured: Measured,
  tally: (kind: StackSignal | 'rules' | 'panels') => Tally,
): PacedResult {
  const figures: Record<string, number> = {};
  const notes: string[] = [];
  const tables = [
    signalTable(measured, tally, figures),
    useTable(measured, figures),
    latencyTable(tally, figures),
  ];
  let ok = true;
  for (const signal of SIGNALS) {
    const { acknowledgedItems, refusedItems } = tally(signal);
    const found = measured.found[signal];
    const lost = acknowledgedItems - foundItems(found);
    figures[`${signal}_lost_items`] = Math.max(0, lost);
    if (typeof found !== 'number') notes.push(`${signal} were counted by a sample: ${found.how}`);
    if (lost > 0) notes.push(`LOST ${lost} acknowledged items of ${signal}`);
    if (lost < 0) notes.push(`${-lost} more items of ${signal} found than were acknowledged`);
    if (refusedItems > 0) notes.push(`${refusedItems} items of ${signal} were refused`);
    if (lost > 0 || acknowledgedItems === 0) ok = false;
  }
  for (const kind of [...SIGNALS, 'rules', 'panels'] as const) {
    for (const [reason, times] of tally(kind).reasons) notes.push(`${kind}: refused ${times} ×: ${reason}`);
  }
  if (measured.lateMs > 1000) {
    notes.push(
      `the generator was up to ${(measured.lateMs / 1000).toFixed(1)} s late: the machine was too busy`,
    );
  }
  figures.drain_seconds = measured.drainSeconds;
  if (measured.drainSeconds > DRAIN_SECONDS_MAX) {
    notes.push(`the system was ${measured.drainSeconds.toFixed(1)} s behind at the end: it does not keep up`);
  }
  notes.push(
    'bytes a day are those of the run times 86,400 s; larger blocks compress better, so a day takes less',
  );
  return { tables, figures, notes, ok };
}

function signalTable(
  { dataSeconds, traceCount, before, after }: Measured,
  tally: (kind: StackSignal) => Tally,
  figures: Record<string, number>,
): ReportTable {
  const perDay = (bytes: number) => (bytes * DAY_SECONDS) / dataSeconds / GB;
  const rows = SIGNALS.map((signal) => {
    const { acknowledgedItems, rawBytes } = tally(signal);
    const bytes = difference(after.blockBytes[signal], before.blockBytes[signal]);
    figures[`${signal}_items_per_second`] = acknowledgedItems / dataSeconds;
    figures[`${signal}_raw_gb_per_day`] = perDay(rawBytes);
    if (bytes !== undefined) figures[`${signal}_gb_per_day`] = perDay(bytes);
    return [
      signal,
      (acknowledgedItems / dataSeconds).toFixed(0),
      perDay(rawBytes).toFixed(1),
      bytes === undefined ? UNKNOWN : (bytes / acknowledgedItems).toFixed(2),
      bytes === undefined ? UNKNOWN : perDay(bytes).toFixed(2),
      GB_A_DAY_MAX[signal].toFixed(1),
      perDay(randomBytes(signal, acknowledgedItems, traceCount)).toFixed(2),
    ];
  });
  const disk = difference(after.diskBytes, before.diskBytes);
  if (disk !== undefined) {
    figures.disk_gb_per_day = perDay(disk);
    rows.push(['all files', '', '', '', perDay(disk).toFixed(2), '', '']);
  }
  return {
    title: 'on disk, settled',
    columns: ['', 'items/s', 'GB/day as sent', 'bytes/item', 'GB/day', 'aim', 'GB/day of random ids'],
    rows,
  };
}

function useTable(measured: Measured, figures: Record<string, number>): ReportTable {
  const { dataSeconds, loadSeconds, loadCpu, settledCpu, peakBytes } = measured;
  const cores = (cpu: number | undefined) => (cpu === undefined ? undefined : cpu / dataSeconds);
  const load = cores(loadCpu);
  const settled = cores(settledCpu);
  if (load !== undefined) figures.cpu_cores = load;
  if (settled !== undefined) figures.settled_cpu_cores = settled;
  if (peakBytes !== undefined) figures.peak_memory_mib = peakBytes / MIB;
  figures.data_seconds = dataSeconds;
  figures.load_seconds = loadSeconds;
  const text = (value: number | undefined, digits: number) => value?.toFixed(digits) ?? UNKNOWN;
  return {
    title: 'used',
    columns: ['', 'measured', 'aim'],
    rows: [
      ["CPU cores, per second of the data's time", text(load, 3), String(CPU_CORES_MAX)],
      ['CPU cores, with flush and compaction at the end', text(settled, 3), String(CPU_CORES_MAX)],
      ['memory at its peak, MiB', text(peakBytes && peakBytes / MIB, 0), String(PEAK_MIB_MAX)],
      ["seconds of the data's time", String(dataSeconds), ''],
      ['seconds of the clock', loadSeconds.toFixed(1), ''],
    ],
  };
}

function latencyTable(
  tally: (kind: StackSignal | 'rules' | 'panels') => Tally,
  figures: Record<string, number>,
): ReportTable {
  const rows = ([...SIGNALS, 'rules', 'panels'] as const).map((kind) => {
    const { latencies, requests, refusedRequests } = tally(kind);
    const summary = latencies.summary();
    figures[`${kind}_p99_ms`] = summary.p99Ms;
    return [kind, String(requests), String(refusedRequests), ...latencyCells(summary)];
  });
  return { title: 'latency in ms', columns: ['', 'requests', 'refused', 'p50', 'p90', 'p99', 'max'], rows };
}
