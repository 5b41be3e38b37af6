/** `detected_labels`, `detected_fields` and the values of a field, guessed from a sample of the newest lines. */

import { type Field, FieldDetector } from '../../query/logs/detected-fields.ts';
import { queryLines } from '../../query/logs/engine.ts';
import { ENTRIES_MAX } from '../../query/logs/query-limits.ts';
import { ScanStats } from '../../query/logs/scan.ts';
import type { ServiceAnswer, ServiceContext, ServiceRequest } from '../../query/service.ts';
import { jsonValue } from './answer.ts';
import { LokiRequest } from './request.ts';
import { optionalSelector } from './selector.ts';

/** Left out where all values are alike to identifiers… */
const IDENTIFIER =
  /^(\d+(\.\d+)?|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$/;
/** …but for these. */
const ALWAYS_SHOWN: ReadonlySet<string> = new Set(['cluster', 'namespace', 'instance', 'pod']);

const FIELDS_DEFAULT = 1000;
const LINES_DEFAULT = 100;

export async function detectedLabelsService(
  request: ServiceRequest,
  context: ServiceContext,
): Promise<ServiceAnswer> {
  const read = new LokiRequest(request);
  const { start, end } = read.bounds();
  const matchers = optionalSelector(read.query);
  const matcherSets = matchers.length === 0 ? [] : [matchers];
  const series = await context.storage.logs.series({ minMs: start.ms, maxMs: end.ms, matcherSets });
  const values = new Map<string, Set<string>>();
  for (const { pairs } of series) {
    for (let i = 0; i < pairs.length; i += 2) {
      const known = values.get(pairs[i]!);
      if (known) known.add(pairs[i + 1]!);
      else values.set(pairs[i]!, new Set([pairs[i + 1]!]));
    }
  }
  const detectedLabels = [...values]
    .filter(([name, set]) => ALWAYS_SHOWN.has(name) || ![...set].every((v) => IDENTIFIER.test(v)))
    .map(([label, set]) => ({ label, cardinality: set.size }));
  return jsonValue(detectedLabels.length === 0 ? {} : { detectedLabels });
}

async function detect(
  read: LokiRequest,
  context: ServiceContext,
): Promise<{ fields: Map<string, Field>; limit: number }> {
  const { start, end } = read.bounds();
  const lines = Math.min(read.positive('line_limit', LINES_DEFAULT), ENTRIES_MAX);
  const limit = read.positive('limit', FIELDS_DEFAULT);
  const sample = {
    start,
    end,
    limit: lines,
    direction: 'backward',
    intervalMs: 0,
    categorize: true,
  } as const;
  const refusal = 'only log selector is supported';
  const streams = await queryLines(read.query, '', sample, refusal, context, new ScanStats());
  const detector = new FieldDetector(limit);
  for (const stream of streams) detector.add(stream);
  return { fields: detector.fields, limit };
}

export async function detectedFieldsService(
  request: ServiceRequest,
  context: ServiceContext,
): Promise<ServiceAnswer> {
  const { fields, limit } = await detect(new LokiRequest(request), context);
  if (fields.size === 0) return jsonValue({});
  const list = [...fields].map(([label, field]) => ({
    label,
    type: field.type,
    cardinality: field.values.size,
    parsers: field.parsers.size === 0 ? null : [...field.parsers],
    ...(field.jsonPath ? { jsonPath: field.jsonPath } : {}),
  }));
  return jsonValue({ fields: list, limit });
}

export async function detectedFieldValuesService(
  request: ServiceRequest,
  context: ServiceContext,
): Promise<ServiceAnswer> {
  const read = new LokiRequest(request);
  const { fields, limit } = await detect(read, context);
  const field = fields.get(request.path.name ?? '');
  if (!field) return jsonValue({});
  return jsonValue({ values: [...field.shown].slice(0, limit), limit });
}
