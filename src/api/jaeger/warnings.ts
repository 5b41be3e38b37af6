/**
 * Warnings about a span. Jaeger keeps them as an attribute of the span, which its first API shows apart from the tags
 * and its third as it is; one that came in with the span is among them.
 */

import type { AnyValue } from '../../model/attributes.ts';
import type { SpanFields } from './span-fields.ts';
import { valueText } from './tag-values.ts';

export const WARNINGS_KEY = '@jaeger@warnings';

export function addWarning(span: SpanFields, text: string): void {
  const warning: AnyValue = { type: 'string', value: text };
  const at = span.attributes.findIndex(([key]) => key === WARNINGS_KEY);
  if (at < 0) {
    span.attributes.push([WARNINGS_KEY, { type: 'array', values: [warning] }]);
    return;
  }
  const value = span.attributes[at]![1];
  const before: readonly AnyValue[] =
    value.type === 'array' ? value.values : [{ type: 'string', value: valueText(value) }];
  span.attributes[at] = [WARNINGS_KEY, { type: 'array', values: [...before, warning] }];
}

/** Null where there are none: what the first API says. */
export function warningsOf(span: SpanFields): readonly string[] | null {
  const value = span.attributes.find(([key]) => key === WARNINGS_KEY)?.[1];
  if (value === undefined) return null;
  if (value.type !== 'array') return [valueText(value)];
  return value.values.length === 0 ? null : value.values.map(valueText);
}
