/**
 * Watches of clusters, one pool for the whole process: discovery for scraping and for Alertmanagers and followed logs look at the same
 * pods, and the Operator's resources come over the same connections. It is loaded with the first who watches.
 */

import { systemClock } from './base/clock.ts';
import { inheritedEnvironment } from './config.ts';
import type { WatchPool } from './kube/watch-pool.ts';
import { VERSION } from './version.ts';

let pool: Promise<WatchPool> | undefined;

export function kubeWatches(): Promise<WatchPool> {
  pool ??= import('./kube/watch-pool.ts').then(
    ({ WatchPool }) =>
      new WatchPool({
        clock: systemClock,
        userAgent: `Trilite/${VERSION}`,
        environment: inheritedEnvironment(),
      }),
  );
  return pool;
}
