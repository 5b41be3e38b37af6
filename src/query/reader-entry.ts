/**
 * Entry of a reader thread: one job at a time, each over a storage snapshot of its own. Services are loaded when
 * the first job of their surface comes, so that a thread costs little before it is used.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../base/assert.ts';
import { freeMemory, returnMemory } from '../base/memory-return.ts';
import { polledAbort } from '../base/polled-signal.ts';
import { TriliteError } from '../model/errors.ts';
import { Labels } from '../model/labels.ts';
import type { ReaderRemotes, RemoteReadReport } from '../remote/read/reader-remotes.ts';
import type { AskHead, HeadRequest } from '../storage/head/snapshot.ts';
import type { LoadEntryPredicates, StorageReader } from '../storage/interface.ts';
import { ReaderStorage } from '../storage/select/reader-storage.ts';
import { corruptionError, isCorruption, noteCorruption } from '../storage/sqlite/corruption.ts';
import { TenantReaders } from '../storage/tenant/tenant-reader.ts';
import { VERSION } from '../version.ts';
import { limitedJob } from './limited-reader.ts';
import { SINCE_HEADER } from './marked-runner.ts';
import { PieceSender, wholeBuffer } from './piece-sender.ts';
import type { QueryReport, Service, ServiceAnswer, ServiceContext, ServiceRequest } from './service.ts';
import type { FromReader, ReaderData, ReaderSettings, ToReader } from './worker-protocol.ts';

assert(parentPort, 'a reader runs in a worker thread');
const port = parentPort;
const data = workerData as ReaderData;
const cancelled = new Int32Array(data.cancel);
let settings = contextSettings(data.settings);

const SURFACES: Readonly<Record<string, () => Promise<Readonly<Record<string, Service>>>>> = {
  prometheus: async () => (await import('../api/prometheus/services.ts')).PROMETHEUS_SERVICES,
  loki: async () => (await import('../api/loki/services.ts')).LOKI_SERVICES,
  jaeger: async () => (await import('../api/jaeger/services.ts')).JAEGER_SERVICES,
  tempo: async () => (await import('../api/tempo/services.ts')).TEMPO_SERVICES,
  'tempo-stream': async () => (await import('../api/tempo/streaming/services.ts')).TEMPO_STREAM_SERVICES,
  across: async () => (await import('../api/trilite/services.ts')).ACROSS_SERVICES,
  export: async () => (await import('../api/export/services.ts')).EXPORT_SERVICES,
  rules: async () => {
    const [{ ruleServices }, { RULE_YAML }] = await Promise.all([
      import('../rules/reader-services.ts'),
      import('../config/rule-group-yaml.ts'),
    ]);
    return ruleServices(RULE_YAML);
  },
};

const loadPredicates: LoadEntryPredicates = async () =>
  (await import('./logs/entry-predicate.ts')).compileEntryPredicate;

/** Of the services that read metrics, those that read what is stored here alone, as in the original. */
const LOCAL_SERVICES: ReadonlySet<string> = new Set(['prometheus.federate', 'rules.for_state']);

/** Each attempt finds one damaged span group; with more of them than this the disk is to be seen to. */
const ATTEMPTS_MAX = 100;

const asked = new Map<number, (answer: unknown) => void>();
let nextAsk = 1;
const ask = ((request: HeadRequest) =>
  new Promise((resolve) => {
    asked.set(nextAsk, resolve as (answer: unknown) => void);
    post({ kind: 'ask', ask: nextAsk++, request });
  })) as AskHead;

let storage: ReaderStorage | undefined;
let tenantReaders: TenantReaders | undefined;
let remotes: Promise<ReaderRemotes> | undefined;
/** Of the job that is under way. */
let running: AbortSignal | undefined;

function contextSettings({ query, logged, externalLabels, remoteReads = [], limits }: ReaderSettings) {
  return { query, logged, externalLabels: Labels.from(externalLabels ?? {}), remoteReads, limits };
}

function changeSettings(changed: ReaderSettings): void {
  settings = contextSettings(changed);
  void remotes?.then((r) => r.close());
  remotes = undefined;
}

function post(message: FromReader, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

async function serviceNamed(name: string): Promise<Service> {
  const surface = SURFACES[name.slice(0, name.indexOf('.'))];
  const service = (await surface?.())?.[name];
  assert(service, `a service called ${name}`);
  return service;
}

/** A damaged span group shows while the query runs: storage notes it, and the query is run again without it. */
async function runSkippingDamage(
  service: Service,
  request: ServiceRequest,
  context: ServiceContext,
  storage: ReaderStorage,
): Promise<ServiceAnswer> {
  for (let attempts = 1; ; attempts++) {
    const known = storage.traces.damagedGroups;
    const answer = await Promise.allSettled([service(request, context)]);
    if (storage.traces.damagedGroups > known && attempts < ATTEMPTS_MAX) continue;
    if (answer[0].status === 'rejected') throw answer[0].reason;
    return answer[0].value;
  }
}

function tellDamage(what: string): void {
  post({ kind: 'damage', what });
}

/** A query that meets a broken structure of the file fails in one clear line; the next start salvages. */
function foreseenDamage(error: unknown): Error {
  if (!isCorruption(error)) return error instanceof Error ? error : new Error(String(error));
  const clear = corruptionError(data.path, error);
  noteCorruption(data.path, clear.message);
  tellDamage(clear.message);
  return clear;
}

const pieces = new PieceSender(post);

/** Undefined where the service is not to read from remotes, or there are none. */
function remotesFor(service: string): Promise<ReaderRemotes> | undefined {
  const { remoteReads, externalLabels } = settings;
  if (remoteReads.length === 0 || LOCAL_SERVICES.has(service)) return undefined;
  if (!/^(prometheus|rules|across)\./.test(service)) return undefined;
  remotes ??= import('../remote/read/reader-remotes.ts').then(
    (m) => new m.ReaderRemotes(remoteReads, externalLabels, `Trilite/${VERSION}`),
  );
  return remotes;
}

async function runJob(message: Extract<ToReader, { kind: 'job' }>): Promise<void> {
  const { job, queuedMs } = message;
  const { logged, externalLabels, limits } = settings;
  let report: QueryReport | undefined;
  const noteReport = (of: QueryReport) => {
    report = { ...report, ...of };
  };
  const noteRemote = (of: RemoteReadReport) => {
    report = { ...report, remoteReads: [...(report?.remoteReads ?? []), of] };
  };
  const { signal } = polledAbort(() =>
    Atomics.load(cancelled, 0) === job ? new TriliteError('canceled', 'the client went away') : undefined,
  );
  running = signal;
  try {
    const service = await serviceNamed(message.service);
    storage ??= new ReaderStorage(data.path, ask, data.nativeBinding, tellDamage, loadPredicates);
    const { request } = message;
    storage.begin(request.after);
    tenantReaders ??= new TenantReaders(storage);
    const seen = request.tenants ? tenantReaders.of(request.tenants) : storage;
    const { query, within } = limitedJob(message.service, request, settings.query, limits);
    const context = { signal, query, logged, queuedMs, externalLabels, report: noteReport };
    const local = storage;
    const run = (seen: StorageReader) =>
      runSkippingDamage(service, request, { ...context, storage: within(seen) }, local);
    // What others have did not arrive here.
    const from = SINCE_HEADER in request.headers ? undefined : await remotesFor(message.service);
    const answer = from ? await from.run(local, signal, noteRemote, run) : await run(seen);
    const body = wholeBuffer(answer.body);
    const { status, contentType, headers } = answer;
    if (answer.rest) {
      post({ kind: 'begun', job, status, contentType, body, headers }, [body.buffer]);
      await pieces.send(job, answer.rest, signal);
      post({ kind: 'ended', job, damagedPages: storage.damagedPages, report });
    } else {
      const { damagedPages } = storage;
      post({ kind: 'done', job, status, contentType, body, headers, damagedPages, report }, [body.buffer]);
    }
  } catch (error) {
    const e = foreseenDamage(error);
    const foreseen = e instanceof TriliteError;
    post({
      kind: 'failed',
      job,
      error: foreseen ? e.kind : 'internal',
      message: foreseen ? e.message : (e.stack ?? e.message),
      report,
    });
  } finally {
    storage?.end();
    running = undefined;
    // When nothing of the job is in use any more.
    setImmediate(returnMemory);
  }
}

port.on('message', (message: ToReader) => {
  if (message.kind === 'job') void runJob(message);
  else if (message.kind === 'settings') changeSettings(message.settings);
  else if (message.kind === 'collect') {
    if (!running) freeMemory();
  } else if (message.kind === 'more') {
    // A job that waits for another server does not look for itself whether it should end.
    void running?.aborted;
    pieces.more(message.job);
  } else {
    asked.get(message.ask)?.(message.answer);
    asked.delete(message.ask);
  }
});
