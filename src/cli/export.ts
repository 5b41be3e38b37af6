/** `trilite export`: what is stored, to files or to a receiver. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileError } from '../base/file-error.ts';
import { clientEnvironment } from '../config.ts';
import { TriliteError } from '../model/errors.ts';
import { type ExportParams, type ExportSource, ServerSource, walk } from '../transfer/export-source.ts';
import { FrameFileSink } from '../transfer/frame-file.ts';
import { LokiLinesSink } from '../transfer/loki-lines.ts';
import { OpenMetricsSink } from '../transfer/openmetrics-text.ts';
import { OutputFile } from '../transfer/output-file.ts';
import { PushClient } from '../transfer/push.ts';
import { LokiPushSink, OtlpLinesSink, OtlpPushSink } from '../transfer/push-sinks.ts';
import { RemoteWriteSink } from '../transfer/remote-write-sink.ts';
import type { Sink } from '../transfer/sink.ts';
import { Tally } from '../transfer/tally.ts';
import { VERSION } from '../version.ts';
import {
  EXPORT_USAGE,
  type ExportFlags,
  type ExportFormat,
  parseExportFlags,
  SIGNAL_OF,
} from './export-flags.ts';
import { type Output, processOutput } from './output.ts';
import { TransferProgress } from './transfer-progress.ts';

const EXIT_LOSS = 1;
export const MANIFEST_FILE = 'manifest.json';

/** In a directory. */
const FILE_NAMES: Readonly<Record<ExportFormat, string>> = {
  openmetrics: 'metrics.om',
  'remote-write': 'metrics.rw',
  'loki-push': 'logs.jsonl',
  otlp: 'traces.pb',
  'otlp-json': 'traces.jsonl',
};

/** Resolves with the exit code. Throws `ConfigError` for bad flags, `TriliteError` where it cannot go on. */
export async function exportCommand(
  argv: readonly string[],
  output: Output = processOutput,
  signal: AbortSignal = new AbortController().signal,
): Promise<number> {
  const environment = clientEnvironment();
  const flags = await parseExportFlags(argv, environment.address, environment);
  if (!flags) {
    output.out(EXPORT_USAGE.trimEnd());
    return 0;
  }
  const source = await openSource(flags, output, signal);
  try {
    return await exportAll(flags, source, output, signal);
  } finally {
    await source.close();
  }
}

async function openSource(flags: ExportFlags, output: Output, signal: AbortSignal): Promise<ExportSource> {
  if (flags.data === undefined) return new ServerSource(flags.address, flags.headers, flags.client, signal);
  const { DataSource, databasePath } = await import('../local-transfer.ts');
  return DataSource.open(databasePath(flags.data, false), signal, (what) => output.err(what));
}

interface Exported {
  readonly format: ExportFormat;
  readonly name: string;
  readonly tally: Tally;
}

async function exportAll(
  flags: ExportFlags,
  source: ExportSource,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  if (flags.isDirectory) {
    try {
      mkdirSync(flags.output, { recursive: true });
    } catch (error) {
      throw new TriliteError('execution', fileError(error, flags.output));
    }
  }
  const exported: Exported[] = [];
  for (const format of flags.formats) {
    const path = flags.isDirectory ? join(flags.output, FILE_NAMES[format]) : flags.output;
    const sink = sinkOf(flags, format, path, output, signal);
    await exportSignal(flags, source, format, sink, output);
    exported.push({ format, name: basename(path), tally: sink.tally });
  }
  if (flags.isDirectory) writeManifest(flags, source, exported);
  // Standard output may be the export itself.
  const say = flags.output === '-' ? output.err : output.out;
  if (flags.json) say(JSON.stringify(summaryOf(exported), undefined, 2));
  else for (const { tally } of exported) for (const line of tally.lines('exported')) say(line);
  return exported.some(({ tally }) => tally.hasLoss) ? EXIT_LOSS : 0;
}

function sinkOf(
  { toUrl, toHeaders, client, version }: ExportFlags,
  format: ExportFormat,
  path: string,
  output: Output,
  signal: AbortSignal,
): Sink {
  if (toUrl) {
    const onRetry = (words: string, waitMs: number) =>
      output.err(`the receiver: ${words}; again in ${Math.ceil(waitMs / 1000)} s`);
    const push = new PushClient({ url: toUrl.href, headers: toHeaders, client, signal, onRetry });
    if (format === 'remote-write') return new RemoteWriteSink(push, version);
    return format === 'loki-push' ? new LokiPushSink(push) : new OtlpPushSink(push, format === 'otlp-json');
  }
  const file = new OutputFile(path);
  switch (format) {
    case 'openmetrics':
      return new OpenMetricsSink(file);
    case 'remote-write':
      return new FrameFileSink(file, new Tally('samples'));
    case 'loki-push':
      return /\.pb(\.gz|\.zst)?$/.test(path)
        ? new FrameFileSink(file, new Tally('log entries'))
        : new LokiLinesSink(file);
    case 'otlp':
      return new FrameFileSink(file, new Tally('spans'));
    case 'otlp-json':
      return new OtlpLinesSink(file);
  }
}

async function exportSignal(
  flags: ExportFlags,
  source: ExportSource,
  format: ExportFormat,
  sink: Sink,
  output: Output,
): Promise<void> {
  const of = SIGNAL_OF[format];
  const from = walk(source, of, paramsOf(flags, of), flags.resume);
  const progress = new TransferProgress(process.stderr.isTTY ? output.err : undefined);
  try {
    for await (const message of from.messages) {
      await sink.take(message);
      progress.note([sink.tally]);
    }
    await sink.finish();
  } catch (error) {
    for (const line of sink.tally.lines('exported')) output.err(line);
    const position = from.position();
    if (flags.toUrl && position !== undefined) output.err(`goes on with --resume ${position}`);
    throw error;
  }
}

function paramsOf({ fromMs, toMs, match, sliceMs }: ExportFlags, signal: string): ExportParams {
  const params: [string, string][] = [];
  if (fromMs !== undefined) params.push(['start', String(fromMs / 1000)]);
  if (toMs !== undefined) params.push(['end', String(toMs / 1000)]);
  if (signal === 'metrics') {
    for (const selector of match) params.push(['match[]', selector]);
    if (sliceMs > 0) params.push(['slice', `${sliceMs}ms`]);
  }
  if (signal === 'logs' && match.length > 1) {
    throw new TriliteError('bad_data', 'streams are selected by one --match');
  }
  if (signal === 'logs' && match.length === 1) params.push(['query', match[0]!]);
  return params;
}

function summaryOf(exported: readonly Exported[]): object {
  return Object.fromEntries(exported.map(({ format, tally }) => [SIGNAL_OF[format], tally]));
}

function writeManifest(flags: ExportFlags, source: ExportSource, exported: readonly Exported[]): void {
  const time = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());
  const manifest = {
    trilite: VERSION,
    exported: new Date().toISOString(),
    source: source.name,
    from: time(flags.fromMs),
    to: time(flags.toMs),
    match: flags.match.length > 0 ? flags.match : undefined,
    files: exported.map(({ format, name, tally }) => ({
      name,
      signal: SIGNAL_OF[format],
      format,
      ...tally.toJSON(),
    })),
  };
  writeFileSync(join(flags.output, MANIFEST_FILE), `${JSON.stringify(manifest, undefined, 2)}\n`);
}
