/** Rules' services run in this thread over a store in memory: what a reader thread does for a server, for a test. */

import type { Clock } from '../../base/clock.ts';
import { DEFAULT_QUERY_SETTINGS, type QuerySettings } from '../../model/query-settings.ts';
import type { ServiceRunner } from '../../query/service.ts';
import type { StorageReader } from '../../storage/interface.ts';
import type { RuleYaml } from '../check-file.ts';
import { ruleServices } from '../reader-services.ts';

export interface OwnThreadOptions {
  readonly storage: StorageReader;
  readonly yaml: RuleYaml;
  readonly query: QuerySettings;
}

export function ownThreadRunner({ storage, yaml, query }: OwnThreadOptions): ServiceRunner {
  const services = ruleServices(yaml);
  return {
    run: (name, request, signal) => services[name]!(request, { storage, signal, query }),
  };
}

/** Subqueries that say nothing of their step go by the evaluation interval. */
export function testQuerySettings(evaluationIntervalMs: number): QuerySettings {
  return { ...DEFAULT_QUERY_SETTINGS, subqueryStepMs: evaluationIntervalMs };
}

/** A time that stands still until it is set; its timers never fire, so that nothing is late. */
export class TestClock implements Clock {
  nowMs = 0;

  now(): number {
    return this.nowMs;
  }

  elapsed(): number {
    return 0;
  }

  after(): { cancel(): void } {
    return { cancel: () => {} };
  }
}
