/**
 * Search for names as somebody types: metric names, label names, values of a label. The answer is lines of JSON:
 * batches of results, at least one, then `{"status":"success","has_more":…}`.
 */

import { TriliteError } from '../../model/errors.ts';
import { METRIC_NAME } from '../../model/labels.ts';
import { parseMatch } from '../../query/promql-text.ts';
import type { Service, ServiceAnswer, ServiceContext, ServiceRequest } from '../../query/service.ts';
import type { LabelQuery } from '../../storage/interface.ts';
import { textAnswer } from '../error-answer.ts';
import { optionalTimeMs, Params, parseBoolParameter } from '../params.ts';
import { scorer } from './search-filter.ts';

const NDJSON_TYPE = 'application/x-ndjson; charset=utf-8';
const HOUR_MS = 3_600_000;
const LIMIT_DEFAULT = 100;
const BATCH_DEFAULT = 100;
/** Results that one request may ask for; the original's default. */
const LIMIT_MAX = 10_000;
/** Each term is looked for in every name. */
const TERMS_MAX = 32;
const ALGORITHMS = ['subsequence', 'jarowinkler'] as const;

interface Found {
  readonly value: string;
  readonly score: number;
}

interface Search {
  readonly query: LabelQuery;
  readonly score: (value: string) => number | undefined;
  readonly order: 'ascending' | 'descending' | 'score';
  readonly withScore: boolean;
  readonly limit: number;
  readonly batchSize: number;
}

/** `GET|POST /api/v1/search/metric_names` */
export const searchMetricNamesService: Service = async (request, context) => {
  const { params, search } = readSearch(request, 'metric_names');
  const withMetadata = bool(params, 'include_metadata', false);
  const found = pick(await context.storage.metrics.labelValues(METRIC_NAME, search.query), search);
  const metadata = withMetadata ? await context.storage.metrics.metadata() : undefined;
  return lines(found, search, ({ value }) => {
    const known = metadata?.get(value)?.[0];
    return {
      name: value,
      ...(known && {
        type: known.type || undefined,
        help: known.help || undefined,
        unit: known.unit || undefined,
      }),
    };
  });
};

/** `GET|POST /api/v1/search/label_names` */
export const searchLabelNamesService: Service = async (request, context) => {
  const { search } = readSearch(request, 'label_names');
  const found = pick(await context.storage.metrics.labelNames(search.query), search);
  return lines(found, search, ({ value }) => ({ name: value }));
};

/** `GET|POST /api/v1/search/label_values` */
export const searchLabelValuesService: Service = async (
  request: ServiceRequest,
  context: ServiceContext,
): Promise<ServiceAnswer> => {
  const { params, search } = readSearch(request, 'label_values');
  const name = params.get('label');
  if (name === '') throw bad('missing required parameter "label"');
  const found = pick(await context.storage.metrics.labelValues(name, search.query), search);
  return lines(found, search, ({ value }) => ({ value }));
};

// ---------------------------------------------------------------------------------------------- parameters

function bad(message: string): TriliteError {
  return new TriliteError('bad_data', message);
}

function readSearch(request: ServiceRequest, endpoint: string): { params: Params; search: Search } {
  const params = new Params(request.params);
  const minMs = time(params, 'start', request.nowMs - HOUR_MS);
  const maxMs = time(params, 'end', request.nowMs);
  if (maxMs < minMs) throw bad('end timestamp must not be before start timestamp');
  const matcherSets = params.all('match[]').map(parseMatch);
  const terms = params.all('search[]');
  if (terms.length > TERMS_MAX) {
    throw bad(`too many search[] terms: got ${terms.length}, maximum is ${TERMS_MAX}`);
  }
  const threshold = integer(params, 'fuzz_threshold', 0);
  if (threshold === undefined || threshold < 0 || threshold > 100) {
    throw bad(`invalid fuzz_threshold ${JSON.stringify(params.get('fuzz_threshold'))}: must be 0-100`);
  }
  const algorithmText = params.get('fuzz_alg') || ALGORITHMS[0];
  const algorithm = ALGORITHMS.find((known) => known === algorithmText);
  if (algorithm === undefined) {
    throw bad(
      `unsupported fuzz_alg ${JSON.stringify(algorithmText)}: must be one of [${ALGORITHMS.join(' ')}]`,
    );
  }
  const caseSensitive = bool(params, 'case_sensitive', true);
  const withScore = bool(params, 'include_score', false);
  const order = orderOf(params, terms.length > 0, endpoint);
  const limit = positive(params, 'limit', LIMIT_DEFAULT);
  if (limit > LIMIT_MAX) throw bad(`limit ${limit} exceeds the configured maximum (${LIMIT_MAX})`);
  const batchSize = positive(params, 'batch_size', BATCH_DEFAULT);
  const score = scorer({ terms, algorithm, threshold: threshold / 100, caseSensitive });
  const query = { matcherSets, minMs, maxMs };
  return { params, search: { query, score, order, withScore, limit, batchSize } };
}

/** The search endpoints name the parameter in their message alone. */
function time(params: Params, name: string, fallback: number): number {
  try {
    return optionalTimeMs(params, name, fallback);
  } catch (error) {
    throw bad((error as Error).message.replace(/^invalid parameter "\w+": /, ''));
  }
}

function integer(params: Params, name: string, fallback: number): number | undefined {
  const text = params.get(name);
  if (text === '') return fallback;
  return /^[+-]?\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function positive(params: Params, name: string, fallback: number): number {
  const value = integer(params, name, fallback);
  if (value !== undefined && value > 0) return value;
  throw bad(`invalid ${name} ${JSON.stringify(params.get(name))}: must be a positive integer`);
}

function bool(params: Params, name: string, fallback: boolean): boolean {
  const text = params.get(name);
  if (text === '') return fallback;
  const value = parseBoolParameter(text);
  if (value === undefined) throw bad(`invalid ${name} ${JSON.stringify(text)}: must be boolean`);
  return value;
}

function orderOf(params: Params, hasTerms: boolean, endpoint: string): Search['order'] {
  const by = params.get('sort_by');
  const direction = params.get('sort_dir');
  if (direction !== '' && by === '') throw bad('sort_dir is only valid when sort_by is set');
  if (direction !== '' && by === 'score') throw bad('sort_dir is not supported for sort_by=score');
  if (direction !== '' && direction !== 'asc' && direction !== 'dsc') {
    throw bad(`invalid sort_dir ${JSON.stringify(direction)}: must be "asc" or "dsc"`);
  }
  if (by === 'score' && !hasTerms) throw bad('sort_by=score requires search[] to be set');
  if (by !== '' && by !== 'alpha' && by !== 'score') {
    throw bad(`invalid sort_by ${JSON.stringify(by)} for ${endpoint}: must be "alpha" or "score"`);
  }
  if (by === 'score') return 'score';
  return direction === 'dsc' ? 'descending' : 'ascending';
}

// -------------------------------------------------------------------------------------------------- answer

/** What fits, in order; one more than wanted where there is more. */
function pick(sorted: readonly string[], { score, order, limit }: Search): Found[] {
  const found: Found[] = [];
  const step = order === 'descending' ? -1 : 1;
  for (let i = step < 0 ? sorted.length - 1 : 0; i >= 0 && i < sorted.length; i += step) {
    const value = sorted[i]!;
    const s = score(value);
    if (s !== undefined) found.push({ value, score: s });
    if (order !== 'score' && found.length > limit) break;
  }
  // Stable: equal scores stay in the order of their names.
  if (order === 'score') found.sort((a, b) => b.score - a.score);
  return found.slice(0, limit + 1);
}

function lines(found: readonly Found[], search: Search, show: (found: Found) => object): ServiceAnswer {
  const { limit, batchSize, withScore } = search;
  const shown = found.slice(0, limit);
  let out = '';
  for (let i = 0; i < shown.length || i === 0; i += batchSize) {
    const results = shown
      .slice(i, i + batchSize)
      .map((item) => ({ ...show(item), ...(withScore && { score: item.score }) }));
    out += `${JSON.stringify({ results })}\n`;
  }
  out += `${JSON.stringify({ status: 'success', has_more: found.length > limit })}\n`;
  return textAnswer(200, out, NDJSON_TYPE);
}
