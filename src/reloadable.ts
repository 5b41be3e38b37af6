/** Taking in another configuration while the server runs. */

import type { LogFields } from './base/log.ts';
import type { Config } from './config/settings.ts';

/** Puts fields on the one line that the log has of a reload: what of the part changed, where it did. */
export type TellChange = (fields: LogFields) => void;

/** A part of the server that can change to another configuration. */
export interface Reloadable {
  /**
   * Finds out whether `config` can be taken in, and readies what is slow: files read and checked, modules loaded. Rejects with
   * `ConfigError` where it cannot; nothing has changed then. What it resolves with takes the configuration in force, at once and
   * without failing; it is called at most once, and not at all where another part cannot follow.
   */
  prepare(config: Config, tell: TellChange): Promise<() => void>;
}

/** Several parts as one: all of them are ready before the first of them changes. */
export function together(parts: readonly Reloadable[]): Reloadable {
  return {
    prepare: async (config, tell) => {
      const taking: (() => void)[] = [];
      for (const part of parts) taking.push(await part.prepare(config, tell));
      return () => {
        for (const take of taking) take();
      };
    },
  };
}

/** A part that needs no readying and refuses nothing. */
export function reloadable(take: (config: Config) => void): Reloadable {
  return { prepare: async (config) => () => take(config) };
}
