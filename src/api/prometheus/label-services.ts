/** Services about what there is: series, label names and values, metadata. */

import { TriliteError } from '../../model/errors.ts';

import type { MetricMetadata } from '../../model/metadata.ts';
import { TIME_MAX_MS, TIME_MIN_MS } from '../../model/time.ts';
import { parseMatch } from '../../query/promql-text.ts';
import type { Service, ServiceContext } from '../../query/service.ts';
import type { LabelQuery } from '../../storage/interface.ts';
import { limitOf, optionalTimeMs, Params, plainLimit, readingParameter } from '../params.ts';
import { success, successValue, truncated } from './envelope.ts';

/**
 * Times and `match[]` of a request; all time and every series where it names none. `reading` runs what reads the
 * selectors: of the endpoints one names the parameter in its errors.
 */
function labelQuery(params: Params, reading: <T>(read: () => T) => T = (read) => read()): LabelQuery {
  const minMs = optionalTimeMs(params, 'start', TIME_MIN_MS);
  const maxMs = optionalTimeMs(params, 'end', TIME_MAX_MS);
  const matcherSets = reading(() => params.all('match[]').map(parseMatch));
  return { matcherSets, minMs, maxMs };
}

/** The first `limit` of what was found, and what is to be said of it. */
function shown<T>(found: readonly T[], limit: number | undefined, { storage }: ServiceContext) {
  const { items, warnings } = truncated(found, limit);
  return { items, warnings: [...(storage.warnings?.() ?? []), ...warnings] };
}

/** `GET|POST /api/v1/series` */
export const seriesService: Service = async (request, context) => {
  const params = new Params(request.params);
  if (params.all('match[]').length === 0) throw new TriliteError('bad_data', 'no match[] parameter provided');
  const limit = limitOf(params);
  const query = labelQuery(params, (read) => readingParameter('match[]', read));
  const series = query.maxMs < query.minMs ? [] : await context.storage.metrics.series(query);
  series.sort((a, b) => a.compare(b));
  const { items, warnings } = shown(series, limit, context);
  return success(
    (out) => {
      out.raw('[');
      for (const [i, labels] of items.entries()) {
        if (i > 0) out.raw(',');
        out.pairs(labels.pairs);
      }
      out.raw(']');
    },
    { warnings },
  );
};

/** `GET|POST /api/v1/labels` */
export const labelNamesService: Service = async (request, context) => {
  const params = new Params(request.params);
  const limit = limitOf(params);
  const query = labelQuery(params);
  const names = query.maxMs < query.minMs ? [] : await context.storage.metrics.labelNames(query);
  const { items, warnings } = shown(names, limit, context);
  return success((out) => out.strings(items), { warnings });
};

/** `GET|POST /api/v1/label/:name/values` */
export const labelValuesService: Service = async (request, context) => {
  const params = new Params(request.params);
  const name = unescapeName(request.path.name ?? '');
  if (name === '') throw new TriliteError('bad_data', `invalid label name: ${JSON.stringify(name)}`);
  const limit = limitOf(params);
  const query = labelQuery(params);
  // One more than is wanted shows that there are more.
  const asked = limit === undefined ? query : { ...query, limit: limit + 1 };
  const values = query.maxMs < query.minMs ? [] : await context.storage.metrics.labelValues(name, asked);
  const { items, warnings } = shown(values, limit, context);
  return success((out) => out.strings(items), { warnings });
};

const ESCAPE_PREFIX = 'U__';

/**
 * Reads the form in which any name fits into a path: `U__` before it, `__` for an underscore, `_2e_` for the
 * character of that hexadecimal code. A name that is not in that form stays as it is.
 */
export function unescapeName(name: string): string {
  if (!name.startsWith(ESCAPE_PREFIX)) return name;
  const escaped = name.slice(ESCAPE_PREFIX.length);
  let out = '';
  for (let i = 0; i < escaped.length; ) {
    if (escaped[i] !== '_') {
      out += escaped[i++];
      continue;
    }
    const match = /_(?:_|([0-9a-fA-F]{1,6})_)/y;
    match.lastIndex = i;
    const found = match.exec(escaped);
    const code = found?.[1] === undefined ? 0x5f : Number.parseInt(found[1], 16);
    if (!found || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return name;
    out += String.fromCodePoint(code);
    i = match.lastIndex;
  }
  return out;
}

/** `GET /api/v1/metadata` */
export const metadataService: Service = async (request, context) => {
  const params = new Params(request.params);
  const limit = plainLimit(params, 'limit');
  // Here 0 is no limit, unlike above.
  const perMetric = plainLimit(params, 'limit_per_metric') || Number.POSITIVE_INFINITY;
  const metric = params.get('metric');
  const all = await context.storage.metrics.metadata();
  const shown: Record<string, MetricMetadata[]> = {};
  let count = 0;
  for (const [name, entries] of all) {
    if (count >= limit) break;
    if (entries.length === 0 || (metric !== '' && name !== metric)) continue;
    const list = entries.slice(0, perMetric).map(({ type, help, unit }) => ({ type, help, unit }));
    // A plain assignment would lose a metric that is called like a member of every object.
    Object.defineProperty(shown, name, { value: list, enumerable: true });
    count++;
  }
  return successValue(shown);
};
