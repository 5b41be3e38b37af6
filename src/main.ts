/**
 * The composition root: the only file that knows the concrete parts. Start, in order:
 *
 *   data directory ─▶ storage (its threads start) ─▶ router ─▶ listeners ─▶ ready line ─▶ scraping
 *
 * and stop in the reverse: nothing new is taken, what runs may end, the heads are flushed, the rest is cut off.
 * Whatever is slow to load and not needed to be ready (gRPC, YAML, scraping, grammars) is imported when it is used.
 */

import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Gate } from './access/gate.ts';
import { ConnectionLimits } from './api/connection-limits.ts';
import type { ListedEndpoint } from './api/door.ts';
import { asDataSources, grafanaRoutes } from './api/grafana/routes.ts';
import { frontRoutes } from './api/health.ts';
import { atOwnPaths } from './api/jaeger/routes.ts';
import { SAMPLING_ROUTES } from './api/jaeger/sampling.ts';
import { type ListenAddress, Listeners, type OpenAddress, printAddress } from './api/listeners.ts';
import { pageFile } from './api/page-files.ts';
import { pageRoutes, pages } from './api/page-routes.ts';
import type { Route, UpgradeRoute } from './api/route.ts';
import { HttpServer } from './api/server.ts';
import type { ServerSettings, SurfaceRoutes } from './api/server-parts.ts';
import { sinkRoutes } from './api/sink-routes.ts';
import { type Clock, systemClock } from './base/clock.ts';
import { createLogger, type Logger } from './base/log.ts';
import { watchProcess } from './base/process-telemetry.ts';
import { type ServerTlsSettings, speaksTls } from './base/server-tls.ts';
import { Telemetry } from './base/telemetry.ts';
import { ConfigError } from './config/config-error.ts';
import { jaegerPorts } from './config/jaeger-ports.ts';
import { type Config, MEMORY_DATA_DIR } from './config/settings.ts';
import { environmentVariable } from './config.ts';
import { ConfigInForce } from './config-in-force.ts';
import { DoctorNotes } from './doctor-notes.ts';
import { exposureOf, unknownPlain } from './exposure.ts';
import { type ExtraListener, ExtraListeners, extraPorts } from './extra-listeners.ts';
import { checkUnguardedPorts, gateReload } from './gate-reload.ts';
import type { Arrivals } from './ingest/receive/arrivals.ts';
import type { GrpcServer } from './ingest/receive/grpc.ts';
import { bodyRoutes } from './ingest/receive/http.ts';
import type { EngineState } from './local-doctor.ts';
import { openGrpcServer } from './open-grpc.ts';
import { Processing } from './processing.ts';
import type { ServiceRunner } from './query/service.ts';
import { openReceivers } from './receivers.ts';
import { Reloader } from './reload.ts';
import type { Reloadable } from './reloadable.ts';
import type { ServerTls } from './server-tls.ts';
import { type Sink, wholeSink } from './sink.ts';
import type { SpanPath } from './span-path.ts';
import type { JournalStore, Storage } from './storage/interface.ts';
import type { TenantLimiter } from './tenant-limits.ts';
import { VERSION } from './version.ts';

/** The server cannot start, for a reason that its user can mend: one line. Exit code 1. */
export class StartError extends Error {
  override name = 'StartError';
}

/** What stores and answers: the local engine, or a test's own. */
export interface Engine {
  readonly storage: Storage;
  /** What waits before it is stored survives in these; undefined: nothing can wait. */
  readonly journals?: JournalStore;
  readonly runner: ServiceRunner;
  /** The process is short of memory: threads beside this one free what they do not use any more. */
  collect?(): void;
  /** The endpoints that the engine answers. */
  readonly surfaces: readonly SurfaceRoutes[];
  /** Endpoints whose connections become something else than HTTP. */
  readonly upgrades?: readonly UpgradeRoute[];
  /** Of which what it takes in by itself is held to, too. */
  readonly limits?: TenantLimiter;
  /** Takes in another configuration; undefined: cannot. */
  readonly reload?: Reloadable;
  /** What the doctor looks at. */
  readonly state?: EngineState;
  readonly sink: Sink;
  /** Starts what runs beside requests, once everything is served; `addresses` are where this server is reached. */
  begin(addresses: readonly OpenAddress[]): void;
  /** Its threads do not keep the process alive any more; undefined: it has none. */
  unref?(): void;
  /** Stops it again, before the storage closes. */
  end(): Promise<void>;
}

export interface EngineOptions {
  /** At the start. */
  readonly config: Config;
  readonly inForce: ConfigInForce;
  readonly dataDir: string;
  readonly log: Logger;
  /** The time of queries, rules and retention. */
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** What receivers got; whatever takes data in here is one. */
  readonly arrivals: Arrivals;
  /** What items go through before they are counted and stored. */
  readonly processing: Processing;
  /** Told when nothing can be stored any more. */
  readonly onCrash: (error: Error) => void;
}

export interface StartOptions {
  readonly openEngine: (options: EngineOptions) => Promise<Engine>;
  /** Reads the configuration again; without it there is nothing to read. */
  readonly load?: () => Promise<Config>;
  /** When `config` was read; undefined: now. */
  readonly readMs?: number;
  /** The caller's own parts that follow the configuration. */
  readonly reload?: readonly Reloadable[];
  /** A port for clients that were written for a Grafana in front, and the version that it tells. */
  readonly grafana?: { readonly address: ListenAddress; readonly version: string };
  readonly log?: Logger;
  /** The machine's unless it is said otherwise. */
  readonly clock?: Clock;
}

/** All that a server answers to, over HTTP and over gRPC, and what each demands. */
export interface Served {
  readonly http: readonly ListedEndpoint[];
  readonly grpc: GrpcServer['demands'];
}

export interface Running {
  readonly http: readonly OpenAddress[];
  readonly grpc: OpenAddress | undefined;
  readonly jaeger: OpenAddress | undefined;
  /** Ports of single protocols. */
  readonly extra: readonly ExtraListener[];
  /** `http://… grpc://…`, the addresses with real ports; `https` and `grpcs` where TLS is spoken. */
  readonly addresses: string;
  served(): Promise<Served>;
  /** Starts scraping and the readers; called when the server has been announced as ready. */
  begin(): void;
  /**
   * Reads the configuration again and takes it in; `trigger` says in the log what asked for it. Rejects where the old one stays
   * in force, which the log has been told.
   */
  reload(trigger: string): Promise<void>;
  /** For tests that this server is a sink of. */
  readonly sink: Sink;
  /** Rejects when the storage is lost. */
  readonly crashed: Promise<never>;
  /** Resolves when a request asked for the server's end. */
  readonly quit: Promise<void>;
  /** From now on the process may end with the server still running. */
  unref(): void;
  /** Stops taking work, flushes, closes; done within `STOP_MAX_MS`. */
  stop(): Promise<void>;
}

/** Requests under way may end for this long … */
const DRAIN_MAX_MS = 1500;
/** … and everything is over after this long; what was acknowledged is in the WAL anyhow. */
export const STOP_MAX_MS = 4500;

export async function start(config: Config, options: StartOptions): Promise<Running> {
  const log = options.log ?? createLogger(config.logLevel);
  const clock = options.clock ?? systemClock;
  const now = () => clock.now();
  for (const warning of config.warnings) log.warn(warning);
  const { path: dataDir, removeOwn } = openDataDir(config.dataDir);
  const settings = await serverSettings(config, StartError);
  const inForce = new ConfigInForce(config, options.readMs ?? now());
  const telemetry = new Telemetry();
  checkUnguardedPorts(config, StartError);
  const unwatch = watchProcess(telemetry, VERSION);
  const tls = config.tls && (await openTls(config.tls, telemetry, log, now));
  const { promise: crashed, reject: onCrash } = Promise.withResolvers<never>();
  crashed.catch(() => {});
  const notes = new DoctorNotes(now);
  const processing = await Processing.open(config, telemetry, log);
  const own = { config, inForce, dataDir, log, clock, telemetry, arrivals: notes.arrivals, processing };
  const engine = await options.openEngine({ ...own, onCrash });
  const { receivers, limits, spans, reload } = await openReceivers(own, engine);
  const asking = { telemetry, log, environment: environmentVariable, pace: limits.requests };
  const gate = await Gate.of(config.auth, asking);
  const load = options.load ?? (async () => config);
  const quit = oneShot();
  const sink = wholeSink(engine.sink, spans);
  const sinkParts = { sink, queries: () => server.queries, now, mayReset: config.enableAdminApi };
  let ready = false;
  let open: OpenListeners = { http: [], grpc: undefined, jaeger: undefined };
  const front = frontRoutes({
    version: VERSION,
    telemetry,
    storage: engine.storage,
    sampler: spans.sampler,
    beforeFlush: () => spans.derived.flush(),
    quit: config.enableLifecycle ? quit.fire : undefined,
    reload: config.enableLifecycle ? () => reloader.reload('request') : undefined,
    ready: () => ready,
  });
  const doctor = notes.route(own, engine, () => ({ ...open, extra: extra.open }));
  const server = new HttpServer({
    gate,
    surfaces: [
      ...engine.surfaces,
      { surface: 'prometheus', ofTenants: true, routes: sinkRoutes(sinkParts) },
      ownEndpoints([...front, doctor], options.grafana),
    ],
    bodyRoutes: bodyRoutes(receivers),
    upgrades: engine.upgrades,
    pages: pages(pageFile),
    runner: engine.runner,
    ...settings,
    multiTenancy: config.multiTenancy,
    limits,
    ...notes.ofRequests,
    memoryBytes: config.limits.memoryBytes,
    telemetry,
    log,
    now,
  });
  let grpcServer: Promise<GrpcServer> | undefined;
  const loadGrpc = () => (grpcServer ??= openGrpcServer(receivers, inForce, engine, gate, limits, now));
  const followers = [reload, engine.reload, tls].filter((part) => part !== undefined);
  const parts = [serverReload(server), gateReload(gate), ...(options.reload ?? []), ...followers];
  const reloader = new Reloader({ inForce, load, parts, telemetry, log, now });
  await server.ready();
  const connections = watchedConnections(config.limits.memoryBytes, telemetry);
  const listeners = newListeners(server, loadGrpc, tls, inForce, notes.misled, connections, log);
  const extra = new ExtraListeners(listeners, server);
  const shutDown = async () => {
    ready = false;
    await endAll({ reloader, listeners, extra, server, grpc: () => grpcServer, spans, engine, gate, tls });
    unwatch();
    removeOwn();
  };
  try {
    open = await openListeners(config, listeners, server, options.grafana?.address);
    await extra.listen(extraPorts(config, receivers));
  } catch (error) {
    await shutDown();
    throw (error as Error).name === 'ListenError' ? new StartError((error as Error).message) : error;
  }
  warnOpenListeners(config, open, extra, log);
  ready = true;
  let stopping: Promise<void> | undefined;
  return {
    ...open,
    extra: extra.open,
    addresses: announced(open, extra),
    served: async () => ({ http: server.endpoints, grpc: (await loadGrpc()).demands }),
    begin: () => {
      engine.begin(open.http);
      reloader.begin();
    },
    reload: (trigger) => reloader.reload(trigger),
    sink,
    crashed,
    quit: quit.fired,
    unref: () => unrefBoth(listeners, engine),
    stop: () => (stopping ??= withDeadline(shutDown(), log)),
  };
}

/** What is of none of the originals, or of no surface of theirs. */
function ownEndpoints(front: readonly Route[], grafana: StartOptions['grafana']): SurfaceRoutes {
  const asGrafana = grafana ? grafanaRoutes(grafana.version) : [];
  return { surface: 'front', routes: [...front, ...asGrafana, ...SAMPLING_ROUTES, ...pageRoutes(pageFile)] };
}

function unrefBoth(listeners: Listeners, engine: Engine): void {
  listeners.unref();
  engine.unref?.();
}

interface Ending {
  readonly reloader: Reloader;
  readonly listeners: Listeners;
  readonly extra: ExtraListeners;
  readonly server: HttpServer;
  /** Undefined: nobody has needed it. */
  readonly grpc: () => Promise<GrpcServer> | undefined;
  readonly spans: SpanPath;
  readonly engine: Engine;
  readonly gate: Gate;
  readonly tls: ServerTls | undefined;
}

async function endAll({ reloader, listeners, extra, server, grpc, spans, engine, gate, tls }: Ending) {
  const reloaded = reloader.end();
  listeners.stopAccepting();
  extra.stopAccepting();
  server.endUpgraded();
  (await grpc())?.close();
  await listeners.drained(DRAIN_MAX_MS);
  await extra.drained();
  await reloaded;
  await spans.derived.end();
  await engine.end();
  await spans.sampler?.close();
  await engine.storage.close();
  listeners.destroy();
  gate.close();
  tls?.close();
}

async function openTls(
  settings: ServerTlsSettings,
  telemetry: Telemetry,
  log: Logger,
  now: () => number,
): Promise<ServerTls> {
  const { ServerTls: Tls } = await import('./server-tls.ts');
  return Tls.open(settings, StartError, { telemetry, log, now });
}

function newListeners(
  server: HttpServer,
  grpc: () => Promise<GrpcServer>,
  tls: ServerTls | undefined,
  inForce: ConfigInForce,
  misled: DoctorNotes['misled'],
  connections: ConnectionLimits,
  log: Logger,
): Listeners {
  return new Listeners({
    handler: server.handler,
    upgrade: server.upgrade.bind(server),
    grpc,
    tls: (address) => (speaksTls(inForce.config.tls, address) ? tls?.door : undefined),
    headers: () => inForce.config.webHeaders,
    misled,
    connections,
    log,
  });
}

/** What of the configuration the server of all APIs goes by. Rejects with `Failure` where the origins are no expression. */
async function serverSettings(
  { corsOrigin, cors, externalUrl, limits }: Config,
  Failure: new (message: string) => Error,
): Promise<ServerSettings> {
  const { queryTimeoutMs } = limits;
  if (corsOrigin === undefined) return { queryTimeoutMs, cors, externalUrl };
  const { compileAnchored } = await import('./model/regex.ts');
  try {
    return { queryTimeoutMs, cors, externalUrl, corsOrigin: compileAnchored(corsOrigin) };
  } catch (error) {
    throw new Failure(`cannot use the origins ${JSON.stringify(corsOrigin)}: ${(error as Error).message}`);
  }
}

function watchedConnections(memoryBytes: number, telemetry: Telemetry): ConnectionLimits {
  const limits = new ConnectionLimits(memoryBytes);
  const help = 'Connections to all listeners.';
  const refused = telemetry.counter(
    'trilite_connections_refused_total',
    'Connections closed because there were too many, of all addresses or of one.',
  );
  telemetry.onCollect(() => {
    telemetry.gauge('trilite_connections', help).with().set(limits.count);
    refused.with().value = limits.refused;
  });
  return limits;
}

function serverReload(server: HttpServer): Reloadable {
  return {
    prepare: async (config) => {
      const settings = await serverSettings(config, ConfigError);
      return () => server.change(settings);
    },
  };
}

type OpenListeners = Pick<Running, 'http' | 'jaeger' | 'grpc'>;

async function openListeners(
  config: Config,
  listeners: Listeners,
  server: HttpServer,
  grafana: ListenAddress | undefined,
): Promise<OpenListeners> {
  const http = await Promise.all(config.http.map((address) => listeners.http(address)));
  if (grafana) http.push(await listeners.http(grafana, asDataSources(server.handler)));
  const grpc = config.otlpGrpc && (await listeners.grpc(config.otlpGrpc));
  const { query } = jaegerPorts(config.jaeger, config.jaegerHttp);
  const jaeger = query && (await listeners.http(query, atOwnPaths(server.handler)));
  return { http, grpc, jaeger };
}

function announced({ http, jaeger, grpc }: OpenListeners, extra: ExtraListeners): string {
  const shown = (scheme: string, address: OpenAddress) =>
    `${scheme}${address.tls ? 's' : ''}://${printAddress(address)}`;
  const overHttp = [...http, ...(jaeger ? [jaeger] : [])].map((address) => shown('http', address));
  return [...overHttp, ...(grpc ? [shown('grpc', grpc)] : []), ...extra.addresses].join(' ');
}

function oneShot(): { readonly fired: Promise<void>; readonly fire: () => void } {
  let fire = () => {};
  const fired = new Promise<void>((resolve) => {
    fire = resolve;
  });
  return { fired, fire: () => fire() };
}

function warnOpenListeners(
  config: Config,
  { http, jaeger, grpc }: OpenListeners,
  extra: ExtraListeners,
  log: Logger,
): void {
  for (const address of [...http, jaeger, grpc, ...extra.open.map((port) => port.address)]) {
    const exposure = address && exposureOf(config, address);
    if (exposure !== undefined) log.warn(exposure, { address: printAddress(address!) });
  }
  for (const address of unknownPlain(config)) log.warn('tls.plain names no listener', { address });
}

async function withDeadline(work: Promise<void>, log: Logger): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      log.warn('stopping took too long and was cut short; what was acknowledged is in the write-ahead log');
      resolve();
    }, STOP_MAX_MS);
  });
  await Promise.race([work, deadline]);
  clearTimeout(timer);
}

/** The directory, made where it is missing; one of its own for `:memory:`, which `removeOwn` removes. */
function openDataDir(dataDir: string): { readonly path: string; removeOwn(): void } {
  try {
    if (dataDir === MEMORY_DATA_DIR) return ownDataDir();
    makeFolders(resolve(dataDir));
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    return { path: dataDir, removeOwn: () => {} };
  } catch (error) {
    throw new StartError(`cannot use the data directory ${dataDir}: ${(error as Error).message}`);
  }
}

function ownDataDir(): { readonly path: string; removeOwn(): void } {
  const path = mkdtempSync(join(tmpdir(), 'trilite-'));
  const remove = () => rmSync(path, { recursive: true, force: true });
  // Also where the start fails or stopping is cut short. One listener for all servers that a process may have.
  if (ownDataDirs.size === 0) process.on('exit', removeOwnDataDirs);
  ownDataDirs.add(remove);
  const removeOwn = () => {
    remove();
    ownDataDirs.delete(remove);
    if (ownDataDirs.size === 0) process.off('exit', removeOwnDataDirs);
  };
  return { path, removeOwn };
}

const ownDataDirs = new Set<() => void>();

function removeOwnDataDirs(): void {
  for (const remove of ownDataDirs) remove();
}

/** Not the recursive call: that one tries for ever where the system says that there is no such folder. */
function makeFolders(folder: string): void {
  const parent = dirname(folder);
  try {
    mkdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(folder).isDirectory()) return;
    if (code !== 'ENOENT' || parent === folder) throw error;
    makeFolders(parent);
    mkdirSync(folder);
  }
}
