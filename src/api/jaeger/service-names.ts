/** What Jaeger calls the service of a span: `service.name` of its resource, or a name that says what is wrong with it. */

import type { SpanGroup } from '../../model/span-group.ts';

export const SERVICE_NAME_KEY = 'service.name';
/** Jaeger's own stand-ins. */
const MISSING_SERVICE = 'missing-service-name';
const EMPTY_SERVICE = 'empty-service-name';

/** `name` is undefined where there is no such attribute, or none that is a string. */
export function serviceOf(name: string | undefined): string {
  return name === undefined ? MISSING_SERVICE : name === '' ? EMPTY_SERVICE : name;
}

/** Service of each row of `group.resources`. Reads one column. */
export function serviceNames(group: SpanGroup): string[] {
  const names = new Array<string>(group.resources.count).fill(MISSING_SERVICE);
  for (const column of group.resources.attributes.of(SERVICE_NAME_KEY)) {
    if (column.type !== 'string') continue;
    const rows = column.rows();
    const { indexes, strings } = column.values();
    // Backwards: of a key that is there twice the first counts.
    for (let i = column.count - 1; i >= 0; i--) names[rows[i]!] = serviceOf(strings[indexes[i]!]!);
  }
  return names;
}
