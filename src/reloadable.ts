/** Taking in another configuration while the server runs. */

import type { Config } from './config/settings.ts';

/** A part of the server that can change to another configuration. */
export interface Reloadable {
  /**
   * Finds out whether `config` can be taken in, and readies what is slow: files read and checked, modules loaded. Rejects with
   * `ConfigError` where it cannot; nothing has changed then. What it resolves with takes the configuration in force, at once and
   * without failing; it is called at most once, and not at all where another part cannot follow.
   */
  prepare(config: Config): Promise<() => void>;
}
