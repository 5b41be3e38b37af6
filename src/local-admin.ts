/** What an administrator's requests do to the local engine. Snapshots are directories `DIR/snapshots/NAME`. */

import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import type { AdminView } from './api/prometheus/admin-routes.ts';
import type { StorageAdmin } from './storage/interface.ts';
import { TenantView } from './storage/tenant/tenant-view.ts';

/** Of one that is being made: a crash leaves it under this name. */
const PARTIAL_SUFFIX = '.partial';
const NAME_BYTES = 8;

/** `databaseFile` is the name that `--data` looks for in a directory. */
export function localAdmin(storage: StorageAdmin, dataDir: string, databaseFile: string): AdminView {
  return {
    deleteSeries: async (query, tenants) => {
      if (!tenants) return storage.deleteSeries(query);
      const matcherSets = new TenantView(tenants).matcherSets(query.matcherSets);
      // Without any set all series would go.
      if (matcherSets.length > 0) await storage.deleteSeries({ ...query, matcherSets });
    },
    cleanTombstones: () => storage.cleanTombstones(),
    snapshot: async (options) => {
      const name = snapshotName(new Date());
      const folder = join(dataDir, 'snapshots', name);
      const partial = folder + PARTIAL_SUFFIX;
      await fs.mkdir(partial, { recursive: true });
      try {
        await storage.snapshot(join(partial, databaseFile), options);
        await fs.rename(partial, folder);
      } catch (error) {
        await fs.rm(partial, { recursive: true, force: true });
        throw error;
      }
      return name;
    },
  };
}

/** `20260101T120000Z-` and sixteen hex digits, as the original names them. */
function snapshotName(now: Date): string {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '');
  return `${time}-${randomBytes(NAME_BYTES).toString('hex')}`;
}
