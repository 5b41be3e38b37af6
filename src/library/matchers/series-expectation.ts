/** What a test asks of a series, and field by field whether one has it. */

import { similarity } from '../../base/edit-distance.ts';
import type { VectorItem } from '../../client/answer.ts';
import type { Expected, ExpectedTexts, SeriesExpectation } from './expectations.ts';
import { attributeFields, type Field, field, numberField } from './field.ts';

/** What exporters put behind a name: unit, `_total` of counters, the parts of histograms. */
const SUFFIXES = /(_(seconds|milliseconds|bytes|ratio|total|count|sum|bucket|info))+$/;

export function seriesFields(expected: SeriesExpectation, item: VectorItem): Field[] {
  const { labels, value } = expected;
  const name = expectedName(expected);
  return [
    ...(name === undefined ? [] : [nameField(name, item.labels.__name__ ?? '')]),
    ...labelFields(labels ?? {}, item),
    ...(value === undefined ? [] : [numberField('value', value, sampleValue(item))]),
  ];
}

export function expectedName({ name, metric }: SeriesExpectation): Expected<string> {
  return name ?? metric;
}

export function sampleValue({ value, histogram }: VectorItem): number {
  return histogram ? histogram.count : value;
}

/** `http.server.requests` is stored as `http_server_requests`, with a unit and `_total` behind it where it has them. */
function nameField(expected: Expected<string>, actual: string): Field {
  if (typeof expected !== 'string') return field('name', expected, actual);
  const plain = expected.replace(/[^A-Za-z0-9_:]/g, '_');
  const same = field('name', expected, actual);
  if (same.ok || plain === actual) return { ...same, ok: true, closeness: 1 };
  const hint =
    actual.replace(SUFFIXES, '') === plain.replace(SUFFIXES, '')
      ? 'the same metric with the suffix of its unit or type'
      : undefined;
  return { ...same, closeness: hint ? 0.9 : 0.8 * similarity(plain, actual), hint };
}

function labelFields(labels: ExpectedTexts, item: VectorItem): Field[] {
  return Object.entries(labels).flatMap(([name, value]) => {
    const key = Object.hasOwn(item.labels, name) ? name : name.replace(/[^A-Za-z0-9_]/g, '_');
    const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
    return attributeFields('labels', { [key]: text }, item.labels).map((f) => ({
      ...f,
      path: `labels.${name}`,
    }));
  });
}
