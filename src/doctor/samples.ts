/**
 * A look at the newest logs and traces, asked of the readers as a client would ask: small questions with a deadline, whose
 * answers are left alone where they are large. What is not answered in time is not judged.
 */

import { utf8Decode } from '../base/bytes.ts';
import type { LogSample, NamedNumber, TraceSample } from './snapshot.ts';
import { MINUTE_MS } from './words.ts';

/** Runs a service by name; the body of a good answer, undefined else. */
export type AskService = (
  service: string,
  params: Readonly<Record<string, string | number>>,
  path?: Readonly<Record<string, string>>,
) => Promise<{ readonly status: number; readonly body: Uint8Array } | undefined>;

/** Parsing more would hold up the main thread. */
const ANSWER_MAX_BYTES = 256 * 1024;
const LOGS_MS = 60 * MINUTE_MS;
const NEWEST_MS = 15 * MINUTE_MS;
/** Spans of a trace come within that. */
const SETTLED_MS = 30_000;
const TRACES_MAX = 50;
const LINES_MAX = 50;
/** Ids that are looked up. */
const IDS_MAX = 10;
const LABELS_MAX = 20;
const EXAMPLES_MAX = 10;
/** As search names what it does not know. */
const NO_ROOT = '<root span not yet received>';
const UNKNOWN_SERVICE = 'unknown_service';
const TRACE_ID = /^(?=.*[1-9a-f])[0-9a-f]{32}$/i;

async function askJson<T>(ask: AskService, ...question: Parameters<AskService>): Promise<T | undefined> {
  const answer = await ask(...question);
  if (answer?.status !== 200 || answer.body.length > ANSWER_MAX_BYTES) return undefined;
  return JSON.parse(utf8Decode(answer.body)) as T;
}

interface IndexStats {
  readonly streams: number;
  readonly entries: number;
  readonly bytes: number;
}

interface Streams {
  readonly data?: { readonly result?: readonly { readonly stream?: Readonly<Record<string, string>> }[] };
}

export async function sampleLogs(ask: AskService, nowMs: number): Promise<LogSample | undefined> {
  const range = { start: nanoseconds(nowMs - LOGS_MS), end: nanoseconds(nowMs) };
  const newest = { start: nanoseconds(nowMs - NEWEST_MS), end: range.end };
  const [all, unknown, lines] = await Promise.all([
    askJson<IndexStats>(ask, 'loki.index_stats', { query: '{service_name=~".+"}', ...range }),
    askJson<IndexStats>(ask, 'loki.index_stats', { query: `{service_name="${UNKNOWN_SERVICE}"}`, ...range }),
    askJson<Streams>(ask, 'loki.query_range', {
      query: '{service_name=~".+"} | trace_id != ""',
      limit: LINES_MAX,
      ...newest,
    }),
  ]);
  if (!all) return undefined;
  const ids = (lines?.data?.result ?? []).map(({ stream }) => stream?.trace_id ?? '');
  const { asked, found } = await lookUp(ask, ids);
  return {
    streams: all.streams,
    entries: all.entries,
    bytes: all.bytes,
    unknownServiceBytes: unknown?.bytes ?? 0,
    traceIds: asked,
    traceIdsFound: found,
  };
}

/** How many of the traces are here. */
async function lookUp(ask: AskService, ids: readonly string[]): Promise<{ asked: number; found: number }> {
  const wanted = [...new Set(ids.filter((id) => TRACE_ID.test(id)))].slice(0, IDS_MAX);
  const answers = await Promise.all(wanted.map((id) => ask('tempo.trace', {}, { id })));
  const known = answers.filter((answer) => answer?.status === 200 || answer?.status === 404);
  return { asked: known.length, found: known.filter((answer) => answer!.status === 200).length };
}

interface Found {
  readonly traces?: readonly {
    readonly traceID: string;
    readonly rootServiceName?: string;
    readonly rootTraceName?: string;
  }[];
}

interface Exemplars {
  readonly data?: readonly {
    readonly exemplars: readonly { readonly labels: Readonly<Record<string, string>> }[];
  }[];
}

/** `withExemplars`: whether exemplars of all metrics are looked for. */
export async function sampleTraces(
  ask: AskService,
  nowMs: number,
  withExemplars: boolean,
): Promise<TraceSample | undefined> {
  const [start, end] = [nowMs - NEWEST_MS, nowMs - SETTLED_MS].map((ms) => Math.floor(ms / 1000));
  const range = { start: start!, end: end! };
  const [found, exemplars] = await Promise.all([
    askJson<Found>(ask, 'tempo.search', { q: '{}', limit: TRACES_MAX, spss: 1, ...range }),
    withExemplars ? newestExemplars(ask, nowMs) : undefined,
  ]);
  if (!found) return undefined;
  const traces = found.traces ?? [];
  const rootless = traces.filter((t) => t.rootServiceName === NO_ROOT || t.rootTraceName === NO_ROOT);
  const ids = (exemplars?.data ?? [])
    .flatMap((series) => series.exemplars)
    .map(({ labels }) => labels.trace_id ?? labels.traceID ?? labels.traceId ?? '');
  const { asked, found: exemplarsFound } = await lookUp(ask, ids);
  return {
    traces: traces.length,
    rootless: rootless.length,
    unknownService: traces.filter((t) => t.rootServiceName?.startsWith(UNKNOWN_SERVICE)).length,
    rootlessExample: rootless[0]?.traceID ?? '',
    exemplars: asked,
    exemplarsFound,
  };
}

function newestExemplars(ask: AskService, nowMs: number): Promise<Exemplars | undefined> {
  const range = { start: nowMs / 1000 - 60, end: nowMs / 1000 };
  return askJson<Exemplars>(ask, 'prometheus.query_exemplars', { query: '{__name__=~".+"}', ...range });
}

type StreamLabel = NamedNumber & { readonly examples: readonly string[] };

/** Labels of the last hour's streams, with how many values they have. */
export async function sampleStreamLabels(ask: AskService, nowMs: number): Promise<readonly StreamLabel[]> {
  const range = { start: nanoseconds(nowMs - LOGS_MS), end: nanoseconds(nowMs) };
  const names = await askJson<{ data?: readonly string[] }>(ask, 'loki.labels', range);
  const own = (names?.data ?? []).slice(0, LABELS_MAX);
  const labels = await Promise.all(
    own.map(async (name): Promise<StreamLabel | undefined> => {
      const values = await askJson<{ data?: readonly string[] }>(ask, 'loki.label_values', range, { name });
      return (
        values?.data && { name, value: values.data.length, examples: values.data.slice(0, EXAMPLES_MAX) }
      );
    }),
  );
  return labels.filter((label) => label !== undefined);
}

function nanoseconds(ms: number): string {
  return `${Math.round(ms)}000000`;
}
