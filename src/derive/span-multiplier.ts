/** How many spans a span stands for, where it says which share of them was kept. */

import { readTyped } from './attribute-text.ts';
import type { ResourceFacts } from './resources.ts';
import type { SpanScan } from './span-scan.ts';
import type { WantedKeys } from './wanted-keys.ts';

export type SpanMultiplier = (scan: SpanScan, resource: ResourceFacts) => number;

/** By an attribute that holds the share as a float; undefined where there is no such key. */
export function compileMultiplier(key: string, wanted: WantedKeys): SpanMultiplier | undefined {
  if (key === '') return undefined;
  const id = wanted.id(key);
  const share = (bytes: Uint8Array, from: number, to: number) => readTyped(bytes, from, to).float;
  return (scan, { values }) => {
    if (scan.has(id)) {
      const own = share(scan.bytes, scan.valueFrom(id), scan.valueTo(id));
      if (own > 0) return 1 / own;
    }
    const value = values[id];
    const shared = value ? share(value, 0, value.length) : 0;
    return shared > 0 ? 1 / shared : 1;
  };
}
