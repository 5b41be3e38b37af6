/** What every discovery mechanism gives: groups of targets, again whenever they change. */

import type { TargetGroup } from '../target.ts';

/** A running discovery. */
export interface Discovery {
  /** Calls `update` with all groups, at once where they are known, and on every change. */
  start(update: (groups: readonly TargetGroup[]) => void): void;
  stop(): void;
}
