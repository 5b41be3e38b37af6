/** What of the local engine follows the configuration by itself: storage, readers, the query log. */

import type { Config } from './config/settings.ts';
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

/** What readers go by. */
export function readerSettings(config: Config): ReaderSettings {
  const { query, externalLabels, remoteReads, queryLog } = config;
  const limits = queryLimits(config);
  return { query, externalLabels, remoteReads, logged: queryLog.file !== undefined, limits };
}
