/** What the operator tells of itself, under the original's name: alerts on resources that were rejected exist for it. */

import type { Telemetry } from '../base/telemetry.ts';
import type { ResourceView } from './operator.ts';
import { RESOURCE_KINDS } from './resource-watches.ts';

/** `resources` is asked when metrics are collected. Gives back what ends that. */
export function showOperator(telemetry: Telemetry, resources: () => readonly ResourceView[]): () => void {
  const help =
    'Resources of the cluster that are followed (selected), and those of them that are wrong (rejected).';
  const gauge = telemetry.gauge('prometheus_operator_managed_resources', help, ['resource', 'state']);
  return telemetry.onCollect(() => {
    const all = resources();
    for (const kind of RESOURCE_KINDS) {
      const own = all.filter((resource) => resource.kind === kind);
      gauge.with(kind, 'selected').set(own.length);
      gauge.with(kind, 'rejected').set(own.filter(({ state }) => state === 'rejected').length);
    }
  });
}
