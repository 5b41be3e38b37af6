/**
 * What the doctor looks at, collected from all over the server when it is asked: one snapshot of plain data, over which
 * `doctor/diagnose.ts` runs the checks. Loaded at the first question.
 */

import type { Asked } from './api/asked.ts';
import { noteStorage } from './api/health.ts';
import { isLoopback, type ListenAddress } from './api/listeners.ts';
import type { RuleGroupView } from './api/prometheus/rule-view.ts';
import type { StrayRequests } from './api/stray-requests.ts';
import { Summary } from './base/summary.ts';
import { HistogramCounter, type Telemetry } from './base/telemetry.ts';
import { MEMORY_DATA_DIR, SIGNALS } from './config/settings.ts';
import type { ConfigInForce } from './config-in-force.ts';
import { diagnose, type Report } from './doctor/diagnose.ts';
import { hostState } from './doctor/host-state.ts';
import { type Reading, Readings } from './doctor/readings.ts';
import { type AskService, sampleLogs, sampleStreamLabels, sampleTraces } from './doctor/samples.ts';
import type {
  CardinalityState,
  ConfigState,
  JobState,
  NotifyState,
  RuleState,
  Snapshot,
  StoredState,
  TargetState,
} from './doctor/snapshot.ts';
import { DAY_MS, HOUR_MS } from './doctor/words.ts';
import type { Arrivals } from './ingest/receive/arrivals.ts';
import type { ServiceRunner } from './query/service.ts';
import type { ScrapeStatus } from './scrape/manager.ts';
import type { BlockInfo, HeadStatistics, Signal, Storage } from './storage/interface.ts';
import { VERSION } from './version.ts';

/** What the engine shows the doctor beyond its metrics. */
export interface EngineState {
  /** Undefined before scraping has started. */
  scraping(): ScrapeStatus | undefined;
  ruleGroups(): readonly (RuleGroupView & { readonly language: string })[];
  notifying(): NotifyState;
}

export interface DoctorParts {
  readonly inForce: ConfigInForce;
  readonly dataDir: string;
  readonly arrivals: Arrivals;
  readonly strays: StrayRequests;
  readonly asked: Asked;
  readonly telemetry: Telemetry;
  readonly storage: Storage;
  readonly runner: ServiceRunner;
  readonly engine: EngineState | undefined;
  /** With their scheme. */
  readonly listeners: () => readonly { readonly scheme: string; readonly address: ListenAddress }[];
  /** This machine's clock and elapsed time at the start, in ms. */
  readonly began: { readonly wallMs: number; readonly elapsedMs: number };
}

/** Questions to readers end after this; queries of users come first. */
const ASK_MAX_MS = 3000;
/** Names in a ranking. */
const RANKED = 10;
/** Exemplars of more series are not looked for: the heads would be asked for each. */
const EXEMPLARS_SERIES_MAX = 10_000;

/** Of an engine without rules of its own. */
const NOBODY_MISSING: NotifyState = { whyNobody: '', failing: [] };

/** `content`: whether the newest logs and traces are looked into, which takes queries. */
export async function examine(
  parts: DoctorParts,
  { content }: { readonly content: boolean },
): Promise<Report> {
  return diagnose(await takeSnapshot(parts, content));
}

async function takeSnapshot(parts: DoctorParts, content: boolean): Promise<Snapshot> {
  const { inForce, dataDir, arrivals, strays, asked, telemetry, storage, engine, began } = parts;
  const { multiTenancy, limits } = inForce.config;
  const nowMs = Date.now();
  await noteStorage(telemetry, storage);
  // Where tenants are told apart, what their data is like is theirs to know.
  const head = storage.headStatistics(content && !multiTenancy ? RANKED : 0, true);
  const ask = multiTenancy || !content ? undefined : asking(parts.runner, nowMs);
  const [stored, host, logs, traces, streamLabels = []] = await Promise.all([
    storedState(storage, nowMs).catch(() => undefined),
    hostState(dataDir, limits.memoryBytes),
    ask && sampleLogs(ask, nowMs),
    ask && sampleTraces(ask, nowMs, head.numSeries <= EXEMPLARS_SERIES_MAX),
    ask && sampleStreamLabels(ask, nowMs),
  ]);
  const scraping = engine?.scraping();
  return {
    version: VERSION,
    nowMs,
    startMs: began.wallMs,
    clockMovedMs: nowMs - began.wallMs - (performance.now() - began.elapsedMs),
    receivers: arrivals.view(),
    refusals: arrivals.refusals.view(),
    strays: strays.view(),
    surfaces: asked.surfaces(),
    failedQuestions: asked.failures(),
    targets: scraping ? targetsOf(scraping) : [],
    jobs: scraping ? jobsOf(scraping) : [],
    rules: (engine?.ruleGroups() ?? []).map(ruleState),
    notifying: engine?.notifying() ?? NOBODY_MISSING,
    readings: new Readings([...readingsOf(telemetry)]),
    stored,
    cardinality: ask && cardinality(head, streamLabels),
    logs,
    traces,
    host,
    config: configState(parts),
  };
}

function cardinality(
  { numSeries, seriesCountByMetricName, labelValueCountByLabelName }: HeadStatistics,
  streamLabels: CardinalityState['streamLabels'],
): CardinalityState {
  return {
    series: numSeries,
    byMetric: seriesCountByMetricName,
    valuesByLabel: labelValueCountByLabelName,
    streamLabels,
  };
}

/** Undefined where a question fails or is not answered in time. */
function asking(runner: ServiceRunner, nowMs: number): AskService {
  const signal = AbortSignal.timeout(ASK_MAX_MS);
  return async (service, params, path = {}) => {
    const pairs = Object.entries(params).map(([name, value]) => [name, String(value)] as const);
    const headers = { accept: 'application/json' };
    return runner.run(service, { params: pairs, path, headers, nowMs }, signal).catch(() => undefined);
  };
}

function targetsOf(scraping: ScrapeStatus): TargetState[] {
  return scraping.active().map(({ job, target, state }) => ({
    job,
    instance: target.labels.get('instance'),
    url: target.url,
    health: state.health,
    error: state.lastError,
    durationMs: state.lastDurationSeconds * 1000,
    intervalMs: target.intervalMs,
    timeoutMs: target.timeoutMs,
    clockAheadMs: state.clockAheadMs,
  }));
}

function jobsOf(scraping: ScrapeStatus): JobState[] {
  const active = Map.groupBy(scraping.active(), ({ job }) => job);
  const dropped = scraping.droppedCounts();
  return scraping.jobs().map(({ jobName: job }) => ({
    job,
    active: active.get(job)?.length ?? 0,
    dropped: dropped[job] ?? 0,
  }));
}

function ruleState(group: RuleGroupView & { readonly language: string }): RuleState {
  return {
    group: group.name,
    language: group.language,
    intervalMs: group.intervalSeconds * 1000,
    evaluationMs: (group.evaluationSeconds ?? 0) * 1000,
    failing: group.rules
      .filter(({ health }) => health === 'err')
      .map(({ name, lastError }) => ({ name, error: String(lastError) })),
    alertingRules: group.rules.filter(({ type }) => type === 'alerting').length,
  };
}

function* readingsOf(telemetry: Telemetry): Iterable<Reading> {
  for (const family of telemetry.families()) {
    for (const { names, values, child } of family.samples()) {
      const labels = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
      if (child instanceof HistogramCounter) {
        const value = child.counts.reduce((sum, n) => sum + n, 0);
        yield { name: `${family.name}_count`, labels, value };
      } else if (child instanceof Summary) {
        yield { name: `${family.name}_count`, labels, value: child.count };
      } else yield { name: family.name, labels, value: child.value };
    }
  }
}

async function storedState(storage: Storage, nowMs: number): Promise<StoredState> {
  const [stats, ...blocks] = await Promise.all([
    storage.stats(),
    ...SIGNALS.map((signal) => storage.blocks(signal)),
  ]);
  const { databaseBytes, freeBytes, walBytes, blockBytes } = stats;
  // Indexes and what else stands beside the blocks grow with them.
  const own = Object.values(blockBytes).reduce((sum, n) => sum + n, 0);
  const share = own > 0 ? Math.min(4, Math.max(1, (databaseBytes - freeBytes) / own)) : 1;
  const perDay = SIGNALS.map((signal, i) => {
    const rate = bytesPerDay(blocks[i]!, nowMs);
    return [signal, rate === undefined ? undefined : rate * share] as const;
  });
  return {
    databaseBytes,
    freeBytes,
    walBytes,
    blockBytes,
    blocks: stats.blocks,
    bytesPerDay: Object.fromEntries(perDay) as Record<Signal, number | undefined>,
  };
}

/** From the blocks of the newest day of data; undefined where they span less than an hour. */
export function bytesPerDay(blocks: readonly BlockInfo[], nowMs: number): number | undefined {
  const endMs = Math.min(nowMs, Math.max(...blocks.map((b) => b.maxMs)));
  const startMs = Math.max(endMs - DAY_MS, Math.min(...blocks.map((b) => b.minMs)));
  if (!(endMs - startMs >= HOUR_MS)) return undefined;
  let bytes = 0;
  for (const block of blocks) {
    const lengthMs = Math.max(1, block.maxMs - block.minMs);
    const withinMs = Math.min(block.maxMs, endMs) - Math.max(block.minMs, startMs);
    if (withinMs >= 0) bytes += block.bytes * Math.min(1, Math.max(1, withinMs) / lengthMs);
  }
  return (bytes / (endMs - startMs)) * DAY_MS;
}

function configState({ inForce, listeners, dataDir }: DoctorParts): ConfigState {
  const { config, loadedMs, failure } = inForce;
  return {
    file: config.file,
    dataDir,
    keepsNothing: config.dataDir === MEMORY_DATA_DIR,
    loadedMs,
    failure,
    warnings: config.warnings,
    multiTenancy: config.multiTenancy,
    authenticates: config.auth !== undefined,
    memoryBytes: config.limits.memoryBytes,
    budgetBytes: config.retention.budgetBytes,
    retentionMs: config.retentionMs,
    lookbackMs: config.query.lookbackMs,
    delta: config.otlp.delta,
    slowQueryMs: config.queryLog.slowMs,
    listeners: listeners().map(({ scheme, address: { host, port } }) => ({
      scheme,
      host,
      port,
      isLoopback: isLoopback(host),
    })),
    scrapeJobs: config.scrapeConfigs.length,
  };
}
