/** Dropping the metric name: what a series is called, with the labels reserved for its type and unit. */

import { type Labels, METRIC_NAME } from '../../model/labels.ts';

const TYPE_LABEL = '__type__';
const UNIT_LABEL = '__unit__';

export function withoutMetricName(labels: Labels): Labels {
  return labels.filter((name) => name !== METRIC_NAME && name !== TYPE_LABEL && name !== UNIT_LABEL);
}
