/** Series in promtool's notation, on their way to storage. */

import { KEY_SPACE, type MetricBatch } from '../model/batch.ts';
import { TriliteError } from '../model/errors.ts';
import type { Labels } from '../model/labels.ts';
import { setStale, wordsOf } from '../model/sample.ts';
import { customBucketSeries } from '../query/script/custom-buckets.ts';
import type { MemorySample } from '../query/script/memory-metrics.ts';
import { type LoadCommand, parseScript } from '../query/script/parse-script.ts';
import { withResetHints } from '../query/script/reset-hints.ts';
import { loadedSamples } from '../query/script/run-script.ts';
import type { MetricAppender } from '../storage/interface.ts';

export interface LoadTimes {
  /** Of the first sample; undefined: so that the last of all is at `nowMs`. */
  readonly startMs: number | undefined;
  readonly nowMs: number;
  /** Of series that stand under no `load`. */
  readonly intervalMs: number;
}

interface LoadedSeries {
  readonly labels: Labels;
  readonly samples: readonly MemorySample[];
}

/** Resolves when it is durable. Throws `TriliteError` where the text is malformed, or a sample is not taken. */
export async function loadSeries(text: string, times: LoadTimes, metrics: MetricAppender): Promise<void> {
  const commands = parseBlocks(text, times.intervalMs);
  const lastMs = Math.max(0, ...commands.map(lastOffsetMs));
  const startMs = times.startMs ?? times.nowMs - lastMs;
  const batch = batchOf(commands.flatMap((command) => seriesOf(command, startMs)));
  const { refused, durable } = await metrics.append(batch, { mode: 'partial' });
  await durable;
  if (refused.length === 0) return;
  const { item, message } = refused[0]!;
  const at = batch.sampleSeries[item] ?? batch.histograms[item - batch.sampleCount]!.series;
  const series = batch.labels(at)?.toString() ?? '';
  throw new TriliteError(
    'bad_data',
    `${refused.length} samples were not taken, the first of ${series}: ${message}`,
  );
}

/** Blocks are parted by blank lines; one that does not begin with `load` is read as if it did. */
function parseBlocks(text: string, intervalMs: number): LoadCommand[] {
  const commands: LoadCommand[] = [];
  const lines = text.split('\n').map((line) => line.trim());
  const isBlank = (line: string) => line === '' || line.startsWith('#');
  for (let from = 0; from < lines.length; ) {
    if (isBlank(lines[from]!)) {
      from++;
      continue;
    }
    let to = from;
    while (to < lines.length && !isBlank(lines[to]!)) to++;
    const block = lines.slice(from, to);
    const isBare = !/^(?:load|eval|clear)(?:_with_nhcb)?(?:\s|$)/.test(block[0]!);
    commands.push(
      ...parseBlock(isBare ? [`load ${intervalMs}ms`, ...block] : block, isBare ? from - 1 : from),
    );
    from = to;
  }
  return commands;
}

function parseBlock(block: readonly string[], linesBefore: number): LoadCommand[] {
  try {
    return parseScript(block.join('\n')).map((command) => {
      if (command.kind === 'load') return command;
      throw new TriliteError(
        'bad_data',
        `${command.line}: ${command.kind} has no place here: only series are loaded`,
      );
    });
  } catch (error) {
    if (!(error instanceof TriliteError)) throw error;
    const told = error.message.replace(/^\d+/, (line) => `line ${Number(line) + linesBefore}`);
    throw new TriliteError('bad_data', told);
  }
}

function lastOffsetMs({ series, stepMs }: LoadCommand): number {
  return Math.max(0, ...series.map(({ values }) => (values.length - 1) * stepMs));
}

function seriesOf(command: LoadCommand, startMs: number): LoadedSeries[] {
  const plain = command.series.map((series) => ({
    labels: series.labels,
    samples: loadedSamples(series, command.stepMs, startMs),
  }));
  if (!command.withCustomBuckets) return plain;
  const native = customBucketSeries(command).map(({ labels, samples }) => ({
    labels,
    samples: withResetHints(samples.map((s) => ({ ...s, timestampMs: s.timestampMs + startMs }))),
  }));
  return [...plain, ...native];
}

function batchOf(
  series: readonly LoadedSeries[],
): MetricBatch & { readonly histograms: MetricBatch['histograms'] } {
  const keys = series.map(({ labels }) => labels.toBytes());
  const ends = Uint32Array.from(keys, runningSum());
  const floats = series.flatMap(({ samples }, i) =>
    samples.filter((s) => typeof s.value !== 'object').map((s) => [i, s] as const),
  );
  const values = Float64Array.from(floats, ([, { value }]) => (typeof value === 'number' ? value : 0));
  const words = wordsOf(values);
  for (const [i, [, { value }]] of floats.entries()) if (value === 'stale') setStale(words, i);
  return {
    space: KEY_SPACE.canonical,
    keys: Buffer.concat(keys),
    seriesCount: series.length,
    keyStart: Uint32Array.from(ends, (end, i) => end - keys[i]!.length),
    keyEnd: ends,
    labels: (i) => series[i]!.labels,
    sampleCount: floats.length,
    sampleSeries: Uint32Array.from(floats, ([i]) => i),
    timestamps: Float64Array.from(floats, ([, { timestampMs }]) => timestampMs),
    values,
    startTimestamps: Float64Array.from(floats, ([, { startMs = 0 }]) => startMs),
    histograms: series.flatMap(({ samples }, i) =>
      samples.flatMap(({ timestampMs, startMs = 0, value }) =>
        typeof value === 'object'
          ? [{ series: i, timestampMs, startTimestampMs: startMs, histogram: value }]
          : [],
      ),
    ),
    exemplars: [],
    metadata: [],
  };
}

function runningSum(): (bytes: Uint8Array) => number {
  let sum = 0;
  return ({ length }) => (sum += length);
}
