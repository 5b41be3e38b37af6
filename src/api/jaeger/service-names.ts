/** What Jaeger calls services and spans that have no name, or none that is a text. */

import type { AnyValue } from '../../model/attributes.ts';
import type { SpanGroup } from '../../model/span-group.ts';

export const SERVICE_NAME_KEY = 'service.name';
/** Jaeger's own stand-ins. */
const MISSING_SERVICE = 'missing-service-name';
const EMPTY_SERVICE = 'empty-service-name';
const SERVICE_OF_WRONG_TYPE = 'service-name-wrong-type';
export const EMPTY_SPAN_NAME = 'empty-span-name';

/** Of the resource's attribute `service.name`; undefined where there is none. */
export function serviceOfValue(value: AnyValue | undefined): string {
  if (value === undefined) return MISSING_SERVICE;
  if (value.type !== 'string') return SERVICE_OF_WRONG_TYPE;
  return value.value === '' ? EMPTY_SERVICE : value.value;
}

/** Service of each row of `group.resources`. Reads one column. */
export function serviceNames(group: SpanGroup): string[] {
  const names = new Array<string>(group.resources.count).fill(MISSING_SERVICE);
  for (const column of group.resources.attributes.of(SERVICE_NAME_KEY)) {
    const rows = column.rows();
    if (column.type !== 'string') {
      for (const row of rows) if (names[row] === MISSING_SERVICE) names[row] = SERVICE_OF_WRONG_TYPE;
      continue;
    }
    const { indexes, strings } = column.values();
    // Backwards: of a key that is there twice the first counts.
    for (let i = column.count - 1; i >= 0; i--) names[rows[i]!] = strings[indexes[i]!]! || EMPTY_SERVICE;
  }
  return names;
}
