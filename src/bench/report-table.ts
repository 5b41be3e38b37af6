/** The report as tables for people: a row per figure, a column per system, and a ratio against the baseline. */

import { queryDifferences, queryTable } from './query-table.ts';
import type { BenchReport, Ratios, RunReport, SystemReport } from './report.ts';
import type { ReportTable } from './workload.ts';

const UNKNOWN = '–';
const MILLION = 1e6;

/** Columns aligned, the first to the left and the others to the right. */
export function renderTable({ title, columns, rows }: ReportTable): string {
  const widths = columns.map((column, i) =>
    Math.max(column.length, ...rows.map((row) => (row[i] ?? '').length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd();
  return `${[title, line(columns), ...rows.map(line)].filter((text) => text !== '').join('\n')}\n`;
}

export function renderReport(report: BenchReport): string {
  const { cpus, cpuModel } = report.machine;
  const head = `${report.generator}, ${report.startedAt}, ${cpus} × ${cpuModel}\n`;
  return `${[head, ...report.runs.map(renderRun)].join('\n')}\n`;
}

function renderRun(run: RunReport): string {
  const parts = [`${run.workload}: ${run.description}; seed ${run.options.seed}, run ${run.options.run}\n`];
  const loaded = run.systems.filter((system) => system.load);
  if (loaded.length > 0) {
    parts.push(renderTable(mainTable(run, loaded)));
    const queries = queryTable(loaded, run.baseline);
    if (queries) parts.push(renderTable(queries));
  }
  for (const system of run.systems) {
    for (const table of system.tables ?? []) {
      parts.push(renderTable({ ...table, title: `${system.name}: ${table.title}` }));
    }
  }
  const notes = [
    ...run.systems.flatMap((system) => notesOf(system).map((note) => `  ${system.name}: ${note}`)),
    ...queryDifferences(loaded).map((note) => `  ${note}`),
  ];
  if (notes.length > 0) parts.push(`${notes.join('\n')}\n`);
  return parts.join('\n');
}

function notesOf(system: SystemReport): string[] {
  const { load, use, notes } = system;
  const out: string[] = [];
  for (const [reason, times] of Object.entries(load?.reasons ?? {}))
    out.push(`refused ${times} ×: ${reason}`);
  const lost = load?.items.lost ?? 0;
  if (lost > 0) out.push(`LOST ${integer(lost)} acknowledged items`);
  const extra = load?.items.extra ?? 0;
  if (extra > 0) out.push(`${integer(extra)} more items found than were acknowledged`);
  if (load?.items.counted) out.push(`counted: ${load.items.counted}`);
  if (use?.settle && use.settle.calls.length > 0) out.push(`settled by ${use.settle.calls.join(', ')}`);
  return [...out, ...notes];
}

type Row = readonly [name: string, text: (s: SystemReport) => string, ratio?: keyof Ratios];

function mainTable(run: RunReport, systems: readonly SystemReport[]): ReportTable {
  const rows: Row[] = [...loadRows(run.unit), ...useRows(run.unit)];
  const others = systems.filter((system) => system.name !== run.baseline);
  const ratioCell = (system: SystemReport, key: keyof Ratios | undefined) => {
    const value = key === undefined ? null : (run.ratios[system.name]?.[key] ?? null);
    return value === null ? '' : `${decimals(value, 2)}×`;
  };
  return {
    title: '',
    columns: [
      '',
      ...systems.map((system) => system.name),
      ...others.map((system) => `${system.name}/${run.baseline}`),
    ],
    rows: rows
      .filter(([, text]) => systems.some((system) => text(system) !== UNKNOWN))
      .map(([name, text, key]) => [
        name,
        ...systems.map(text),
        ...others.map((system) => ratioCell(system, key)),
      ]),
  };
}

function loadRows(unit: string): Row[] {
  const items = (read: (s: SystemReport) => number | null | undefined) => (s: SystemReport) =>
    number(read(s), integer);
  const ms = (read: (s: SystemReport) => number | null | undefined) => (s: SystemReport) =>
    number(read(s), (x) => `${decimals(x, 2)} ms`);
  return [
    [`${unit} ${unit === 'queries' ? 'answered' : 'acknowledged'}`, items((s) => s.load?.items.acknowledged)],
    [`${unit} refused`, items((s) => s.load?.items.refused)],
    [`${unit} found`, items((s) => s.load?.items.found)],
    [`${unit} lost`, items((s) => s.load?.items.lost)],
    ['requests', items((s) => s.load?.requests)],
    ['refused attempts', items((s) => s.load?.refusedRequests)],
    ['seconds of load', (s) => number(s.load?.seconds, (x) => decimals(x, 2))],
    ['CPU of the generator', (s) => number(s.load?.generatorCpuSeconds, (x) => `${decimals(x, 2)} s`)],
    [`${unit} per second`, items((s) => s.load?.itemsPerSecond), 'itemsPerSecond'],
    ['latency p50', ms((s) => s.load?.latency.p50Ms), 'p50'],
    ['latency p90', ms((s) => s.load?.latency.p90Ms)],
    ['latency p99', ms((s) => s.load?.latency.p99Ms), 'p99'],
    ['latency max', ms((s) => s.load?.latency.maxMs)],
    ['body bytes', (s) => number(s.load?.bodyBytes || null, bytes)],
  ];
}

function useRows(unit: string): Row[] {
  const cpu = (read: (s: SystemReport) => number | null | undefined) => (s: SystemReport) =>
    // A million queries are a lot: milliseconds of one say the same.
    number(read(s), (x) =>
      unit === 'queries' ? `${decimals((x * 1000) / MILLION, 2)} ms` : `${decimals(x, 3)} s`,
    );
  const asks = unit === 'queries';
  const per = asks ? 'per query, asking' : `per million ${unit}, pushing`;
  const rows: Row[] = [
    [`CPU ${per}`, cpu((s) => s.use?.cpu?.pushingSecondsPerMillion), 'cpuPushing'],
    [
      `CPU ${per.replace(/,.*/, '')}, settled`,
      cpu((s) => s.use?.cpu?.settledSecondsPerMillion),
      'cpuSettled',
    ],
    ['CPU seconds, settled', (s) => number(s.use?.cpu?.settledSeconds, (x) => decimals(x, 2))],
    ['memory at its peak', (s) => number(s.use?.memory?.peakBytes, bytes), 'peakMemory'],
    ['memory at the end', (s) => number(s.use?.memory?.residentBytes, bytes)],
  ];
  // Asking stores nothing.
  if (asks) return rows;
  return [
    ...rows,
    ['disk before', (s) => number(s.use?.disk?.beforeBytes, bytes)],
    ['disk at its highest', (s) => number(s.use?.disk?.highestBytes, bytes)],
    ['disk settled', (s) => number(s.use?.disk?.settledBytes, bytes)],
    [
      `disk bytes per ${unit.replace(/s$/, '')}`,
      (s) => number(s.use?.disk?.bytesPerItem, (x) => decimals(x, 3)),
      'bytesPerItem',
    ],
  ];
}

function number(value: number | null | undefined, print: (value: number) => string): string {
  return value === null || value === undefined ? UNKNOWN : print(value);
}

function integer(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function decimals(value: number, digits: number): string {
  return value.toFixed(digits);
}

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

function bytes(value: number): string {
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${value} B` : `${decimals(value, value < 10 ? 2 : 1)} ${BYTE_UNITS[unit]}`;
}
