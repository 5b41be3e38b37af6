/**
 * Addresses of Jaeger's search page, as bookmarks and links in tickets have them, as this page's own parameters:
 *
 *   service, operation, tags={"k":"v"}, tag=k:v, minDuration, maxDuration   one TraceQL filter
 *   start, end (µs), or lookback                                           the range of time
 *   limit                                                                  the same
 *   traceID                                                                the trace, or a query for several
 *
 * Jaeger compares every tag as text, whatever its type; here a number is looked for as number and as text.
 */

import { durationText } from './duration-text.ts';
import { attributeCondition, valueLiteral } from './search-fields.ts';

export interface OwnAddress {
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
}

const OWN_NAMES = [
  'service',
  'operation',
  'tags',
  'tag',
  'minDuration',
  'maxDuration',
  'lookback',
  'traceID',
];

/** Undefined for an address that is none of Jaeger's. */
export function ownAddress(params: URLSearchParams): OwnAddress | undefined {
  if (params.has('q') || !OWN_NAMES.some((name) => params.has(name))) return undefined;
  const ids = params.getAll('traceID').filter((id) => /^[0-9a-f]{1,32}$/i.test(id));
  if (ids.length === 1) return { path: `/trace/${ids[0]!.toLowerCase()}`, params: {} };
  const conditions = ids.length > 0 ? [idsCondition(ids)] : conditionsOf(params);
  const limit = params.get('limit');
  return {
    path: '/search',
    params: {
      q: conditions.length === 0 ? '{}' : `{ ${conditions.join(' && ')} }`,
      ...rangeOf(params),
      ...(limit && /^[1-9]\d*$/.test(limit) ? { limit } : {}),
    },
  };
}

function idsCondition(ids: readonly string[]): string {
  return `(${ids.map((id) => `trace:id = ${JSON.stringify(id.toLowerCase().replace(/^0+/, ''))}`).join(' || ')})`;
}

function conditionsOf(params: URLSearchParams): string[] {
  const conditions: string[] = [];
  const [service, operation] = [params.get('service'), params.get('operation')];
  if (service) conditions.push(`resource.service.name = ${JSON.stringify(service)}`);
  // Jaeger's form says `all` for none.
  if (operation && operation !== 'all') conditions.push(`name = ${JSON.stringify(operation)}`);
  for (const [key, value] of tagsOf(params)) conditions.push(tagCondition(key, value));
  const min = durationText(params.get('minDuration') ?? '');
  const max = durationText(params.get('maxDuration') ?? '');
  if (min) conditions.push(`duration >= ${min}`);
  if (max) conditions.push(`duration <= ${max}`);
  return conditions;
}

function tagsOf(params: URLSearchParams): (readonly [string, string])[] {
  const tags: (readonly [string, string])[] = params.getAll('tag').flatMap((tag) => {
    const colon = tag.indexOf(':');
    return colon > 0 ? [[tag.slice(0, colon), tag.slice(colon + 1)] as const] : [];
  });
  for (const text of params.getAll('tags')) {
    try {
      const given = JSON.parse(text) as Record<string, unknown>;
      for (const [key, value] of Object.entries(given)) tags.push([key, String(value)]);
    } catch {
      // Jaeger refuses what is no JSON; here the other parameters still say something.
    }
  }
  return tags;
}

function tagCondition(key: string, value: string): string {
  if (key === 'error' && value === 'true') return 'status = error';
  if (key === 'otel.status_code') return `status = ${value.toLowerCase()}`;
  if (key === 'span.kind') return `kind = ${value.toLowerCase()}`;
  const literal = valueLiteral(value);
  const asText = JSON.stringify(value);
  return attributeCondition(`.${key}`, '=', literal === asText ? [asText] : [literal, asText]);
}

function rangeOf(params: URLSearchParams): Readonly<Record<string, string>> {
  const [start, end] = [params.get('start'), params.get('end')].map((text) =>
    text && /^\d{13,}$/.test(text) ? String(Math.round(Number(text) / 1000)) : undefined,
  );
  if (start && end) return { from: start, to: end };
  const lookback = params.get('lookback');
  return lookback && /^\d+[smhdw]$/.test(lookback) ? { from: `now-${lookback}`, to: 'now' } : {};
}
