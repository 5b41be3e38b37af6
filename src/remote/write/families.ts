/** Which family a metric is of, by its name: what is said of it goes with its series in version 2. */

import type { MetricMetadata } from '../../model/metadata.ts';
import type { FamilyLookup } from './request.ts';

/** Series of one family have its name with one of these behind it. */
const SUFFIXES: readonly string[] = ['_bucket', '_sum', '_count', '_total', '_created', '_info'];

/** Looks names up in what `metadata` is at that time. */
export function familyLookup(metadata: () => ReadonlyMap<string, MetricMetadata>): FamilyLookup {
  return (name) => {
    const families = metadata();
    const own = families.get(name);
    if (own) return own;
    const at = name.lastIndexOf('_');
    if (at <= 0 || !SUFFIXES.includes(name.slice(at))) return undefined;
    return families.get(name.slice(0, at));
  };
}
