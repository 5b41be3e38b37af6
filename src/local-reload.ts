/** What of the local engine follows the configuration by itself: storage, readers, the query log. */

import type { Config } from './config/settings.ts';
import { sharedBytes } from './ingest/memory.ts';
import { QueryLog } from './query/query-log.ts';
import type { ReaderPool } from './query/worker.ts';
import type { ReaderSettings } from './query/worker-protocol.ts';
import type { Reloadable } from './reloadable.ts';
import type { LocalStorage } from './storage/engine.ts';
import { queryLimits, type TenantLimiter } from './tenant-limits.ts';

export interface ReloadedParts {
  readonly storage: LocalStorage;
  readonly pool: ReaderPool;
  readonly queryLog: QueryLog;
  readonly limits: TenantLimiter;
}

export function localReload({ storage, pool, queryLog, limits }: ReloadedParts): Reloadable {
  return {
    prepare: async (config) => {
      if (config.queryLog.file !== undefined) QueryLog.check(config.queryLog.file);
      return () => {
        storage.change(config);
        limits.limitSeries(storage, config);
        pool.change(readerSettings(config));
        queryLog.change(config.queryLog);
      };
    },
  };
}

/** However small the memory is, so much a query may hold: below it dashboards would fail. */
const QUERY_MIN_BYTES = 64 * 1024 * 1024;

/**
 * What readers go by. A query may hold no more than there is for requests in flight; with the default limit of memory
 * that is more than the columns of as many samples as a query may hold, so that the original's bound is met first.
 */
export function readerSettings(config: Config): ReaderSettings {
  const { query, externalLabels, remoteReads, queryLog } = config;
  const most = Math.max(QUERY_MIN_BYTES, sharedBytes(config.limits.memoryBytes));
  const bytesMax = query.bytesMax === 0 ? 0 : Math.min(query.bytesMax, most);
  const limits = queryLimits(config);
  const logged = queryLog.file !== undefined;
  return { query: { ...query, bytesMax }, externalLabels, remoteReads, logged, limits };
}
