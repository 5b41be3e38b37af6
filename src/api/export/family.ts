/** Which family a metric is of, by its name and by what was said of families: what belongs together goes out together. */

import type { MetricMetadata } from '../../model/metadata.ts';

/** Series of one family have its name with one of these behind it. */
const SUFFIX = /_(bucket|sum|count|total|created|info)$/;

export interface Family {
  readonly name: string;
  readonly metadata: MetricMetadata | undefined;
}

export function familyOf(metric: string, metadataOf: (family: string) => MetricMetadata | undefined): Family {
  const own = metadataOf(metric);
  if (own) return { name: metric, metadata: own };
  const name = metric.replace(SUFFIX, '');
  const metadata = name === metric ? undefined : metadataOf(name);
  return metadata ? { name, metadata } : { name: metric, metadata: undefined };
}
