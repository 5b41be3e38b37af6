/**
 * Starts a server in this process for a test. What takes the time, in the order of how much: the writer's thread, which the caller
 * has started before this module was even loaded; the code; the table of routes.
 */

import { createLogger } from '../base/log.ts';
import type { WorkerThread } from '../base/worker-pool.ts';
import type { Config } from '../config/settings.ts';
import { type LocalEngine, openLocalEngine } from '../local-engine.ts';
import { start } from '../main.ts';
import { tenantAppenders } from '../storage/tenant/tenant-appender.ts';
import { libraryConfig } from './library-config.ts';
import { LocalSink } from './local-sink.ts';
import type { TriliteOptions } from './options.ts';
import type { Sink } from './sink.ts';
import { TestClock } from './test-clock.ts';

/** `writerThread` is one that was started for it; it is ended where the start fails. */
export async function startSink(options: TriliteOptions, writerThread: WorkerThread): Promise<Sink> {
  try {
    return await startServer(options, writerThread);
  } catch (error) {
    await writerThread.terminate();
    throw error;
  }
}

async function startServer(options: TriliteOptions, writerThread: WorkerThread): Promise<Sink> {
  const config = await libraryConfig(options);
  const clock = new TestClock(options.clock?.at);
  const log = createLogger(config.logLevel, (line) => options.log?.(line.trimEnd()));
  let engine: LocalEngine | undefined;
  const running = await start(config, {
    openEngine: async (given) => {
      engine = await openLocalEngine(given, writerThread);
      return engine;
    },
    clock: clock.held,
    log,
  });
  running.begin();
  // A test that forgets to stop it ends all the same.
  running.unref();
  return new LocalSink({
    running,
    engine: engine!,
    clock,
    dataDir: options.dataDir,
    headers: options.headers ?? {},
    metrics: metricsOf(engine!, config, options.headers ?? {}),
    follow: (listener) => clock.follow(listener),
  });
}

/** Where single samples go; with tenants they are the one's whom the headers name. */
function metricsOf(
  { storage }: LocalEngine,
  { multiTenancy }: Config,
  headers: Readonly<Record<string, string>>,
) {
  if (!multiTenancy) return storage.metrics;
  const tenant = Object.entries(headers).find(([name]) => name.toLowerCase() === 'x-scope-orgid')?.[1];
  if (tenant === undefined)
    throw new TypeError('with multi_tenancy, options.headers must have X-Scope-OrgID');
  return tenantAppenders(storage)(tenant).metrics;
}
