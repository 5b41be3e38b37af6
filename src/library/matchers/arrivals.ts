/**
 * Where what a test expects never came: what came at all and by which way, what was refused and why (the doctor's report), and
 * where it should have been sent. The doctor sees all that the server got, also from before a mark.
 */

import type { Questions, Sink } from '../sink.ts';
import { counted, paragraphs } from './message.ts';

export type Signal = 'traces' | 'logs' | 'metrics';

const REPORT_PATH = '/api/v1/status/doctor?content=false';
/** Kinds of refusals that are told of. */
const REFUSALS_MAX = 3;
/** Not sent by anybody. */
const OWN_RECEIVERS: readonly string[] = ['rules', 'metrics_generator'];

const ITEMS: Readonly<Record<string, string>> = { traces: 'span', logs: 'log line', metrics: 'sample' };

/** What of the report is told. */
interface Report {
  readonly arrivals: readonly {
    readonly receiver: string;
    readonly words: string;
    readonly signal: string;
    readonly accepted_total: number;
  }[];
  readonly findings: readonly {
    readonly group: string;
    readonly severity: string;
    readonly summary: string;
    readonly remedy?: string;
  }[];
}

/** Where nothing of the signal is there. */
export async function nothingArrived(sink: Questions, signal: Signal): Promise<string> {
  const report = await reportOf(sink);
  return paragraphs(
    whatArrived(report, signal),
    refused(report),
    `${whereTo(sink, signal)}\nAn SDK sends in batches: end it, or call its forceFlush(), before you look.`.trim(),
  );
}

/** What was refused, of any signal; '' where nothing was. */
export async function refusals(sink: Questions): Promise<string> {
  return refused(await reportOf(sink));
}

function whatArrived(report: Report | undefined, signal: Signal): string | undefined {
  if (!report) return undefined;
  const came = report.arrivals
    .filter(({ accepted_total, receiver }) => accepted_total > 0 && !OWN_RECEIVERS.includes(receiver))
    .map(
      ({ words, signal: own, accepted_total }) =>
        `  ${words}: ${counted(accepted_total, ITEMS[own] ?? 'item')}`,
    )
    .sort();
  if (came.length === 0) return 'Nothing at all has arrived at this server.';
  const isThere = report.arrivals.some((a) => a.signal === signal && a.accepted_total > 0);
  const since = isThere ? ' (also before the mark, or before a reset)' : '';
  return `What has arrived since the server started${since}:\n${came.join('\n')}`;
}

function refused(report: Report | undefined): string {
  const found = (report?.findings ?? []).filter(
    ({ group, severity }) => group === 'refusals' && severity !== 'ok',
  );
  if (found.length === 0) return '';
  const lines = found
    .slice(0, REFUSALS_MAX)
    .flatMap(({ summary, remedy }) => [`  ${summary}`, ...(remedy === undefined ? [] : [`    → ${remedy}`])]);
  const left = found.length - REFUSALS_MAX;
  return [`Refused:`, ...lines, ...(left > 0 ? [`  … and ${counted(left, 'more kind')}`] : [])].join('\n');
}

function whereTo(sink: Questions, signal: Signal): string {
  const endpoints = (sink as Partial<Sink>).endpoints;
  if (!endpoints) return '';
  const ways: Readonly<Record<Signal, string>> = {
    traces: `OTLP ${endpoints.otlpHttp} (gRPC ${endpoints.otlpGrpc}), Zipkin ${endpoints.zipkin}`,
    logs: `OTLP ${endpoints.otlpHttp} (gRPC ${endpoints.otlpGrpc}), Loki ${endpoints.lokiPush}`,
    metrics: `OTLP ${endpoints.otlpHttp} (gRPC ${endpoints.otlpGrpc}), remote-write ${endpoints.remoteWrite}`,
  };
  return `It takes ${signal} by ${ways[signal]}; sink.env has the variables for OpenTelemetry's SDKs.`;
}

/** Undefined of a view, which has no address, and of a server that does not answer. */
async function reportOf(sink: Questions): Promise<Report | undefined> {
  const base = (sink as Partial<Sink>).endpoints?.prometheus;
  if (base === undefined) return undefined;
  try {
    const answer = await fetch(base + REPORT_PATH);
    return ((await answer.json()) as { readonly data: Report }).data;
  } catch {
    return undefined;
  }
}
