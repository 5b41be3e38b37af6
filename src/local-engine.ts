/**
 * The local engine put together: storage in one SQLite file with its writer thread, the reader threads that run
 * queries, the endpoints that they and the front answer, and scraping, which starts when all is served.
 */

import { join } from 'node:path';
import { alertmanagerRoutes } from './api/alertmanager/routes.ts';
import { JAEGER_ROUTES } from './api/jaeger/routes.ts';
import { deleteRoutes } from './api/loki/delete-routes.ts';
import { LOKI_ROUTES, lokiFrontRoutes } from './api/loki/routes.ts';
import { lokiRuleRoutes } from './api/loki/rule-routes.ts';
import { TailUpgrade } from './api/loki/tail-upgrade.ts';
import { adminRoutes } from './api/prometheus/admin-routes.ts';
import { Notifications } from './api/prometheus/notifications.ts';
import { PROMETHEUS_ROUTES } from './api/prometheus/routes.ts';
import { prometheusFrontRoutes, prometheusStreamRoutes } from './api/prometheus/status-routes.ts';
import type { QueryParts } from './api/run-query.ts';
import { TEMPO_ROUTES, tempoFrontRoutes } from './api/tempo/routes.ts';
import type { Telemetry } from './base/telemetry.ts';
import type { WorkerThread } from './base/worker-pool.ts';
import { ReceiverTelemetry } from './ingest/receive/receiver-telemetry.ts';
import { localAdmin } from './local-admin.ts';
import { LocalAlertmanager } from './local-alertmanager.ts';
import { counted, followedLogs } from './local-appenders.ts';
import type { EngineState } from './local-doctor.ts';
import { incidentRoutes } from './local-incident.ts';
import { LocalNotify } from './local-notify.ts';
import { LocalOperator } from './local-operator.ts';
import { localReload, readerSettings } from './local-reload.ts';
import { LocalRemote } from './local-remote.ts';
import { LocalRemoteRead } from './local-remote-read.ts';
import { LocalRules } from './local-rules.ts';
import { LocalScraping } from './local-scraping.ts';
import { prometheusStatus } from './local-status.ts';
import { openOwnStorage, readerHeapBytes, readerThreads } from './local-storage.ts';
import type { Engine, EngineOptions } from './main.ts';
import { Matcher, type MatcherData } from './model/matcher.ts';
import { ownSurfaces } from './own-surfaces.ts';
import { TailHub } from './query/logs/live/tail-hub.ts';
import { MarkedRunner } from './query/marked-runner.ts';
import { QueryLog } from './query/query-log.ts';
import type { ServiceRunner } from './query/service.ts';
import { type EndedJob, ReaderPool } from './query/worker.ts';
import { together } from './reloadable.ts';
import { RULE_LANGUAGES } from './rules/rule-group.ts';
import type { Sink } from './sink.ts';
import type { LocalStorage } from './storage/engine.ts';
import { databaseAddon } from './storage/sqlite/addon.ts';
import { tenantAppenders } from './storage/tenant/tenant-appender.ts';
import { tenantLogDeletes } from './storage/tenant/tenant-deletes.ts';
import { ownLabels, TenantView } from './storage/tenant/tenant-view.ts';
import { TenantLimiter } from './tenant-limits.ts';
import { VERSION } from './version.ts';

const DAMAGE_NOTIFICATION = 'The database is damaged in places: the log says where, queries leave them out.';
/** The original's words. */
const RELOAD_NOTIFICATION = 'Configuration reload has failed.';
const DATABASE_FILE = 'trilite.db';

const LOKI_VIEW = { version: VERSION, revision: '', buildDate: '' };

/** With the storage itself, for who runs the engine in its own process. */
export interface LocalEngine extends Engine {
  readonly storage: LocalStorage;
}

/** `writerThread` is one that was started before. */
export async function openLocalEngine(
  options: EngineOptions,
  writerThread?: WorkerThread,
): Promise<LocalEngine> {
  const { config, inForce, dataDir, clock, telemetry, log, processing } = options;
  const path = options.sealed?.path ?? join(dataDir, DATABASE_FILE);
  const isSealed = options.sealed !== undefined;
  const nativeBinding = databaseAddon();
  const notifications = new Notifications();
  tellReloads(inForce, notifications);
  const onDamage = (what: string) => {
    log.error('damage in the database', { what });
    notifications.add(DAMAGE_NOTIFICATION);
  };
  const remoteRead = new LocalRemoteRead(config, telemetry);
  // Before the storage: a log that cannot be written must not leave threads behind.
  const { file, slowMs } = config.queryLog;
  const queryLog = new QueryLog({ file, slowMs, log, telemetry });
  const tail = config.tail && (await (await import('./local-tail.ts')).LocalTail.open(config.tail, options));
  const limits = new TenantLimiter(config, Date.now, telemetry);
  const storage = await openOwnStorage(options, path, nativeBinding, onDamage, writerThread);
  limits.limitSeries(storage);
  const readers = readerThreads(config.limits.queryConcurrency);
  const pool = new ReaderPool({
    path,
    nativeBinding,
    isSealed,
    readers,
    heapMaxBytes: readerHeapBytes(config.limits.memoryBytes),
    source: storage,
    ...readerSettings(config),
    onJob: telling(queryLog, remoteRead),
    onDamage,
  });
  const tenancy = config.multiTenancy ? engineTenancy(storage) : undefined;
  const tails = new TailHub(storage.logFeed, tenancy?.shown);
  const tailUpgrade = upgradeToTail(options, tails, pool, tenancy?.narrowed);
  watchReaders(telemetry, pool, tails);
  const counts = new ReceiverTelemetry(telemetry, options.arrivals);
  const tenants = tenancy?.appenders;
  const appenderOf = tenants && ((tenant: string) => counted(tenants(tenant).metrics, counts, 'rules'));
  const opened = <T>(open: () => Promise<T>) => orClose(storage, pool, open);
  const alertmanager = await opened(() => LocalAlertmanager.open({ ...options, isSealed, store: storage }));
  const notify = await LocalNotify.open({ ...options, own: (notices) => alertmanager.take(notices) });
  const appender = counted(storage.metrics, counts, 'rules');
  const evaluating = { store: storage, appender, appenderOf, runner: pool, receiver: notify, readers };
  const rules = await opened(() => LocalRules.open({ ...options, ...evaluating }));
  const remoteParts = { path, nativeBinding, storage, telemetry, log };
  const remote = await opened(() => LocalRemote.open(remoteParts, config));
  const scraping = new LocalScraping(options, storage, (samples) => limits.scrapeRefusal(samples));
  const operator = new LocalOperator({ config, clock, log, telemetry, scraping, rules });
  const admin = config.enableAdminApi ? localAdmin(storage, dataDir, DATABASE_FILE) : undefined;
  const shown = { telemetry, notifications, rules, notify, clock };
  const status = prometheusStatus(inForce, storage, () => scraping.status, shown);
  const { deleteCancelPeriodMs: cancelPeriodMs } = config;
  const deletesOf = tenancy?.deletes;
  const deletesView = { deletes: storage.logDeletes, deletesOf, cancelPeriodMs, runner: pool };
  const tempoFront = tempoFrontRoutes({ version: VERSION, configText: () => inForce.config.fileText });
  const ownOfLoki = [...lokiRuleRoutes(rules.loki), ...deleteRoutes(deletesView)];
  const lokiRoutes = [...LOKI_ROUTES, ...lokiFrontRoutes(LOKI_VIEW), ...ownOfLoki];
  const runner = new MarkedRunner(pool, storage.marks);
  const queries = queryParts(runner, limits, inForce);
  const local = localReload({ storage, pool, queryLog, limits });
  return {
    storage,
    journals: storage,
    runner,
    collect: () => pool.collect(),
    limits,
    surfaces: [
      { surface: 'prometheus', ofTenants: true, routes: [...PROMETHEUS_ROUTES, ...adminRoutes(admin)] },
      { surface: 'prometheus', ofTenants: true, routes: prometheusFrontRoutes(status) },
      { surface: 'prometheus', routes: prometheusStreamRoutes(status) },
      { surface: 'loki', ofTenants: true, routes: lokiRoutes },
      { surface: 'jaeger', ofTenants: true, routes: JAEGER_ROUTES },
      { surface: 'alertmanager', ofTenants: true, routes: alertmanagerRoutes(alertmanager) },
      { surface: 'tempo', ofTenants: true, routes: [...TEMPO_ROUTES, ...tempoFront] },
      { surface: 'prometheus', ofTenants: true, routes: operator.routes },
      ...ownSurfaces(
        queries,
        incidentRoutes(storage, dataDir, () => clock.now()),
      ),
    ],
    upgrades: [tailUpgrade],
    state: engineState(scraping, rules, alertmanager),
    sink: engineSink(storage, rules, alertmanager),
    reload: together([
      ...[local, rules, alertmanager, notify, scraping.reload, operator.reload, remote, remoteRead],
    ]),
    begin: (addresses) => {
      pool.warm();
      rules.begin(addresses);
      alertmanager.begin(() => rules.externalUrl);
      notify.begin(() => rules.externalUrl);
      remote.begin();
      const followed = followedLogs(limits, counts, storage.logs, tenancy?.appenders);
      tail?.begin(followed.own, followed.ofTenants, addresses, (tenant) => limits.logLimits(tenant));
      const scraped = counted(limits.scraped(storage.metrics), counts, 'scrape');
      scraping.begin(processing.metrics(scraped), addresses[0]!);
      operator.begin();
    },
    unref: () => unrefThreads(storage, pool),
    end: async () => {
      for (const part of [operator, scraping, tail, rules, notify, alertmanager, remote]) await part?.end();
      await pool.close();
      await queryLog.close();
    },
  };
}

/** For as long as the configuration could not be read again. */
function tellReloads(inForce: EngineOptions['inForce'], notifications: Notifications): void {
  inForce.onAttempt(() => {
    if (inForce.isFresh) notifications.remove(RELOAD_NOTIFICATION);
    else notifications.add(RELOAD_NOTIFICATION);
  });
}

/** As they are in force when somebody asks. */
function queryParts(
  runner: ServiceRunner,
  limits: TenantLimiter,
  inForce: EngineOptions['inForce'],
): QueryParts {
  return {
    runner,
    limits,
    get queryTimeoutMs() {
      return inForce.config.limits.queryTimeoutMs;
    },
  };
}

function unrefThreads(storage: LocalStorage, pool: ReaderPool): void {
  storage.unref();
  pool.unref();
}

/** Rules rest while the store is emptied: what they knew is of what was in it. */
function engineSink(storage: LocalStorage, rules: LocalRules, alertmanager: LocalAlertmanager): Sink {
  return {
    mark: () => storage.pacedMark(),
    reset: () =>
      rules.restart(async () => {
        alertmanager.forgetAlerts();
        await storage.reset();
      }),
    onArrival: (listener) => storage.arrivals.follow(listener),
  };
}

/** For the doctor. */
function engineState(
  scraping: LocalScraping,
  rules: LocalRules,
  alertmanager: LocalAlertmanager,
): EngineState {
  return {
    scraping: () => scraping.status,
    ruleGroups: () =>
      RULE_LANGUAGES.flatMap((language) => rules.views(language).map((view) => ({ ...view, language }))),
    notifying: () => alertmanager.notifying,
  };
}

/** Each of the parts is told of every job that has ended. */
function telling(...parts: readonly { note(job: EndedJob): void }[]): (job: EndedJob) => void {
  return (job) => {
    for (const part of parts) part.note(job);
  };
}

/** Following the logs over a WebSocket. */
function upgradeToTail(
  { inForce, clock, log }: EngineOptions,
  hub: TailHub,
  runner: ReaderPool,
  narrowed: ReturnType<typeof engineTenancy>['narrowed'] | undefined,
): TailUpgrade {
  return new TailUpgrade({
    hub,
    runner,
    get queryTimeoutMs() {
      return inForce.config.limits.queryTimeoutMs;
    },
    narrowed,
    log,
    now: () => clock.now(),
  });
}

/** Jobs of readers and tails, as they are when metrics are asked for. */
function watchReaders(telemetry: Telemetry, pool: ReaderPool, tails: TailHub): void {
  telemetry.onCollect(() => {
    telemetry.gauge('trilite_queries_running', 'Jobs that readers are at.').with().set(pool.running);
    telemetry.gauge('trilite_queries_waiting', 'Jobs that wait for a reader.').with().set(pool.waiting);
    const help = 'Damaged pages that a query came upon and skipped.';
    telemetry.gauge('trilite_damaged_pages', help).with().set(pool.damagedPages);
    telemetry.gauge('trilite_log_tails', 'Clients that follow the logs.').with().set(tails.size);
    const lostHelp = 'Entries that no tail was shown because their thread was behind.';
    telemetry.gauge('trilite_log_tails_lost_entries', lostHelp).with().set(tails.lostEntries);
  });
}

/** The seam as single tenants have it, for what does not go through receivers and readers. */
function engineTenancy(storage: LocalStorage) {
  const appenders = tenantAppenders(storage);
  return {
    appenders,
    deletes: (tenant: string) => tenantLogDeletes(storage.logDeletes, tenant),
    /** A stream's labels in a tail. */
    shown: ownLabels,
    /** What a tenant's tail selects by: for one tenant there is always something. */
    narrowed: (tenant: string, matchers: readonly MatcherData[]): MatcherData[] =>
      new TenantView([tenant]).matchers(matchers.map(Matcher.from))!.map((m) => m.toData()),
  };
}

/** Opens what a configuration may not allow: then nothing is left running. */
async function orClose<T>(storage: LocalStorage, pool: ReaderPool, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    await pool.close();
    await storage.close();
    throw error;
  }
}
