/** What a test asks of a log line, and field by field whether one has it. */

import type { AttributeSet, LogEntry } from '../../client/answer.ts';
import type { AsymmetricMatcher, Expected, ExpectedTexts, LogExpectation } from './expectations.ts';
import { describeValue } from './expected.ts';
import { attributeFields, type Field, field } from './field.ts';

/** Where senders put a severity, the surest first. */
const SEVERITY_KEYS = ['severity_text', 'detected_level', 'level', 'severity'] as const;
/** Words for one level. */
const SAME_LEVELS: Readonly<Record<string, string>> = {
  warning: 'warn',
  err: 'error',
  information: 'info',
  informational: 'info',
  critical: 'fatal',
  crit: 'fatal',
};

export function logFields(expected: LogExpectation, entry: LogEntry): Field[] {
  const { labels, attributes, structuredMetadata } = expected;
  const metadata = entry.structuredMetadata;
  const has = (key: keyof LogExpectation) => Object.hasOwn(expected, key);
  const asked = { ...attributes, ...structuredMetadata };
  return [
    ...(has('line') ? [lineField(expected.line, entry.line)] : []),
    ...(has('service') ? [field('service', expected.service, entry.labels.service_name)] : []),
    ...(has('severity') ? [severityField(expected.severity, entry)] : []),
    ...(has('traceId') ? [field('traceId', expected.traceId, idOf(metadata, 'trace_id', 'traceID'))] : []),
    ...(has('spanId') ? [field('spanId', expected.spanId, idOf(metadata, 'span_id', 'spanID'))] : []),
    ...textFields('labels', labels ?? {}, entry.labels, { 'the structured metadata': metadata }),
    ...textFields('attributes', asked, metadata, { 'a label': entry.labels }),
  ];
}

function lineField(expected: Expected<string>, line: string): Field {
  if (typeof expected !== 'string') return field('line', expected, line);
  const same = field('line', expected, line);
  const ok = line.includes(expected);
  return { ...same, ok, closeness: ok ? 1 : same.closeness, expected: `contains ${same.expected}` };
}

/** As Loki writes names. */
export function lokiName(name: string): string {
  return name.replace(/[^A-Za-z0-9_]/g, '_');
}

function textFields(
  path: string,
  expected: ExpectedTexts,
  actual: AttributeSet,
  elsewhere: Readonly<Record<string, AttributeSet>>,
): Field[] {
  return Object.entries(expected).flatMap(([name, value]) => {
    const key = Object.hasOwn(actual, name) ? name : lokiName(name);
    const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
    const found = attributeFields(path, { [key]: text }, actual, elsewhere);
    return found.map((f) => ({ ...f, path: `${path}.${name}` }));
  });
}

function severityField(expected: Expected<string> | AsymmetricMatcher, entry: LogEntry): Field {
  const all = { ...entry.labels, ...entry.structuredMetadata };
  const found = SEVERITY_KEYS.map((key) => all[key]).filter((v) => v !== undefined);
  const fields = found.map((level) =>
    typeof expected === 'string'
      ? { ...field('severity', levelWord(expected), levelWord(level)), actual: describeValue(level) }
      : field('severity', expected, level),
  );
  return fields.find(({ ok }) => ok) ?? fields[0] ?? field('severity', expected, undefined);
}

function levelWord(text: string): string {
  const lower = text.toLowerCase();
  return SAME_LEVELS[lower] ?? lower;
}

function idOf(metadata: AttributeSet, ...names: readonly string[]): unknown {
  return names.map((name) => metadata[name]).find((id) => id !== undefined);
}
