/** `match`: stages for the entries that a selector fits, or an end to them. */

import type { MatchStageConfig } from '../stage-config.ts';
import { compileSelector } from './selector.ts';
import { dropCounter, type EntryStep, type Stage, type StageContext } from './stage.ts';

/** Entries that do not fit pass by. `inner` are the stages inside. */
export function compileMatch(
  config: MatchStageConfig,
  context: StageContext,
  inner: Stage,
): EntryStep | Stage {
  const fits = compileSelector(config.selector);
  if (config.action === 'drop') {
    const dropped = dropCounter(context, config.dropReason);
    return (entry) => {
      if (!fits(entry)) return true;
      dropped.add();
      return false;
    };
  }
  return {
    process: (entry, next) => (fits(entry) ? inner.process(entry, next) : next(entry)),
    tick: (nowMs, next) => inner.tick?.(nowMs, next),
    flush: (next) => inner.flush?.(next),
    held: (visit) => inner.held?.(visit),
  };
}
