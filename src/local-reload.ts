/** What of the local engine follows the configuration by itself: storage, readers, the query log. */

import type { Config } from './config/settings.ts';
import { QueryLog } from './query/query-log.ts';
import type { ReaderPool } from './query/worker.ts';
import type { ReaderSettings } from './query/worker-protocol.ts';
import type { Reloadable } from './reloadable.ts';
import type { LocalStorage } from './storage/engine.ts';

export interface ReloadedParts {
  readonly storage: LocalStorage;
  readonly pool: ReaderPool;
  readonly queryLog: QueryLog;
}

export function localReload({ storage, pool, queryLog }: ReloadedParts): Reloadable {
  return {
    prepare: async (config) => {
      if (config.queryLog.file !== undefined) QueryLog.check(config.queryLog.file);
      return () => {
        storage.change(config);
        pool.change(readerSettings(config));
        queryLog.change(config.queryLog);
      };
    },
  };
}

/** What readers go by. */
export function readerSettings({ query, externalLabels, remoteReads, queryLog }: Config): ReaderSettings {
  return { query, externalLabels, remoteReads, logged: queryLog.file !== undefined };
}
