/** The storage of the local engine, and what its readers may take, by what the configuration says and the machine has. */

import { availableParallelism } from 'node:os';
import type { WorkerThread } from './base/worker-pool.ts';
import { sharedBytes } from './ingest/memory.ts';
import type { EngineOptions } from './main.ts';
import { type LocalStorage, openStorage } from './storage/engine.ts';

/** A larger head makes replay after a crash longer and blocks no better. */
const HEAD_SOFT_MAX_BYTES = 64 * 1024 * 1024;
/** Of a reader: the code of all surfaces, and some room; below it queries would fail that mean no harm. */
const READER_HEAP_MIN_BYTES = 128 * 1024 * 1024;
/** More readers than this wait for the disk, not for a processor. */
const READERS_MAX = 4;

export function openOwnStorage(
  { config, sealed, clock, log, onCrash }: EngineOptions,
  path: string,
  nativeBinding: string | undefined,
  onDamage: (what: string) => void,
  writerThread: WorkerThread | undefined,
): Promise<LocalStorage> {
  return openStorage({
    path,
    writerThread,
    nativeBinding,
    isSealed: sealed !== undefined,
    durability: config.durability,
    retentionMs: config.retentionMs,
    retention: config.retention,
    outOfOrderWindowMs: config.outOfOrderWindowMs,
    deleteCancelPeriodMs: config.deleteCancelPeriodMs,
    keepsMetricLog: config.remoteWrites.length > 0,
    ...headLimits(config.limits.memoryBytes),
    now: () => clock.now(),
    // What clients send now is not old for a test that holds a later time.
    retentionNow: () => (clock.isHeld ? Math.min(clock.now(), Date.now()) : clock.now()),
    onCrash,
    onProblem: (what, error) => log.error(what, { error }),
    onDamage,
  });
}

/** Half of what there is to share: the other half is for requests in flight. */
function headLimits(memoryBytes: number): { headBytesSoft: number; headBytesHard: number } {
  const shared = sharedBytes(memoryBytes);
  return { headBytesSoft: Math.min(HEAD_SOFT_MAX_BYTES, shared / 4), headBytesHard: shared / 2 };
}

export function readerThreads(queryConcurrency: number): number {
  return Math.min(READERS_MAX, Math.max(1, Math.min(queryConcurrency, availableParallelism() - 1)));
}

/**
 * As much as requests share. What a query counts itself lies outside of the heap mostly; this is for what nobody counts: a
 * syntax tree, a program of a regular expression, texts.
 */
export function readerHeapBytes(memoryBytes: number): number {
  return Math.max(READER_HEAP_MIN_BYTES, sharedBytes(memoryBytes));
}
