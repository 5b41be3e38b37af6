/**
 * The metrics stored here and those of remotes as one reader, for one job. Remotes are best effort: what one of them
 * fails with is a warning, and the answer is made without it. It is made without it altogether: where a remote that
 * has already given series fails, `RemoteFailed` is thrown, and the job is done again, in which it is not asked.
 *
 * Label names and values are those stored here: the protocol has no way to ask for them.
 */

import { TriliteError } from '../../model/errors.ts';
import type { Labels } from '../../model/labels.ts';
import { Matcher } from '../../model/matcher.ts';
import type {
  ExemplarSeries,
  LabelQuery,
  LabelValuesQuery,
  MetricReader,
  SeriesCursor,
  SeriesSelect,
} from '../../storage/interface.ts';
import { MergedCursor } from './merged-cursor.ts';
import type { ReadClient, ReadNote } from './read-client.ts';
import type { RemoteSeries } from './remote-series.ts';

/** What the original says of label names and values. */
const LABELS_WARNING = 'not implemented';
/** Twice the time that a block of the original spans: so long is a new server still without part of the newest data. */
const START_MARGIN_MS = 4 * 3_600_000;

/** No timer runs longer. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** A remote has failed that had given series before. */
export class RemoteFailed extends Error {}

export interface RemoteMetricsOptions {
  readonly local: MetricReader;
  readonly clients: readonly ReadClient[];
  readonly externalLabels: Labels;
  readonly signal: AbortSignal;
  /** Of the oldest sample stored here; where there is none, now. */
  readonly localStartMs: () => number;
  readonly note: (client: ReadClient, note: ReadNote) => void;
}

export class RemoteMetrics implements MetricReader {
  readonly #options: RemoteMetricsOptions;
  readonly #warnings = new Set<string>();
  readonly #failed = new Set<ReadClient>();
  readonly #gave = new Set<ReadClient>();
  #localStartMs: number | undefined;

  constructor(options: RemoteMetricsOptions) {
    this.#options = options;
  }

  /** What is missing from the answers, in words. */
  warnings(): readonly string[] {
    return [...this.#warnings];
  }

  /** The job is done again: nothing was given. Failures stay. */
  again(): void {
    this.#gave.clear();
  }

  async select(query: SeriesSelect, signal: AbortSignal): Promise<SeriesCursor> {
    const remote = this.#selectRemote(query, signal);
    const [local, given] = await Promise.all([this.#options.local.select(query, signal), remote]);
    return given.some((series) => series.length > 0) ? new MergedCursor(local, given, signal) : local;
  }

  async series(query: LabelQuery): Promise<Labels[]> {
    const { local, signal } = this.#options;
    const found = new Map<string, Labels>();
    const { minMs, maxMs } = query;
    const given = query.matcherSets.map((matchers) =>
      this.#selectRemote({ matchers, minMs, maxMs, hints: { func: 'series' } }, signal),
    );
    const [own, ...remote] = await Promise.all([local.series(query), ...given]);
    for (const labels of own) found.set(labels.key(), labels);
    for (const { labels } of remote.flat(2)) found.set(labels.key(), labels);
    return [...found.values()];
  }

  labelNames(query: LabelQuery): Promise<string[]> {
    this.#warnOfLabels(query);
    return this.#options.local.labelNames(query);
  }

  labelValues(name: string, query: LabelValuesQuery): Promise<string[]> {
    this.#warnOfLabels(query);
    return this.#options.local.labelValues(name, query);
  }

  exemplars(query: LabelQuery): Promise<ExemplarSeries[]> {
    return this.#options.local.exemplars(query);
  }

  metadata(): ReturnType<MetricReader['metadata']> {
    return this.#options.local.metadata();
  }

  #warnOfLabels({ minMs, maxMs }: LabelQuery): void {
    const isAsked = this.#options.clients.some((c) => this.#askedUpTo(c, minMs, maxMs) !== undefined);
    if (isAsked) this.#warnings.add(LABELS_WARNING);
  }

  /** What each remote has; nothing of one that is not asked or that fails. */
  async #selectRemote(query: SeriesSelect, signal: AbortSignal): Promise<RemoteSeries[][]> {
    const { clients } = this.#options;
    const outcomes = await Promise.allSettled(clients.map((client) => this.#ask(client, query, signal)));
    signal.throwIfAborted();
    if (query.deadlineMs !== undefined && Date.now() >= query.deadlineMs)
      throw new TriliteError('timeout', 'query timed out in expression evaluation');
    let isLate = false;
    for (const [i, outcome] of outcomes.entries()) {
      const client = clients[i]!;
      if (outcome.status === 'fulfilled') {
        if (outcome.value.length > 0) this.#gave.add(client);
        continue;
      }
      const { message } = outcome.reason as Error;
      this.#warnings.add(message);
      this.#failed.add(client);
      isLate ||= this.#gave.has(client);
    }
    if (isLate) throw new RemoteFailed('a remote has failed');
    return outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
  }

  async #ask(client: ReadClient, query: SeriesSelect, signal: AbortSignal): Promise<RemoteSeries[]> {
    if (this.#failed.has(client) || !hasRequired(client, query.matchers)) return [];
    const maxMs = this.#askedUpTo(client, query.minMs, query.maxMs);
    if (maxMs === undefined) return [];
    const added = client.config.filterExternalLabels ? this.#addedLabels(query.matchers) : [];
    const matchers = [...query.matchers, ...added];
    const untilDeadline = withDeadline(signal, query.deadlineMs);
    const note = (of: ReadNote) => this.#options.note(client, of);
    const series = await client.read({ ...query, matchers }, maxMs, untilDeadline, note);
    const names = new Set(added.map((m) => m.name));
    return names.size === 0 ? series : series.map((s) => s.without(names));
  }

  /** Matchers for the external labels of which the query says nothing itself. */
  #addedLabels(matchers: readonly Matcher[]): Matcher[] {
    const { pairs } = this.#options.externalLabels;
    const added: Matcher[] = [];
    for (let i = 0; i < pairs.length; i += 2) {
      const name = pairs[i]!;
      if (!matchers.some((m) => m.name === name)) added.push(new Matcher('=', name, pairs[i + 1]!));
    }
    return added;
  }

  /** The end of the time for which the remote is asked; undefined where all of it is stored here. */
  #askedUpTo({ config }: ReadClient, minMs: number, maxMs: number): number | undefined {
    if (config.readRecent) return maxMs;
    this.#localStartMs ??= this.#options.localStartMs() + START_MARGIN_MS;
    return minMs > this.#localStartMs ? undefined : Math.min(maxMs, this.#localStartMs);
  }
}

function hasRequired({ config }: ReadClient, matchers: readonly Matcher[]): boolean {
  return Object.entries(config.requiredMatchers).every(([name, value]) =>
    matchers.some((m) => m.type === '=' && m.name === name && m.value === value),
  );
}

/** A query's deadline ends the wait for a remote too. */
function withDeadline(signal: AbortSignal, deadlineMs: number | undefined): AbortSignal {
  if (deadlineMs === undefined || !Number.isFinite(deadlineMs)) return signal;
  const leftMs = Math.min(TIMER_MAX_MS, Math.max(0, Math.ceil(deadlineMs - Date.now())));
  return AbortSignal.any([signal, AbortSignal.timeout(leftMs)]);
}
