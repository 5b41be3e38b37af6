/** Names and values of tags, in the answers of both API versions. */

import { utf8Encode } from '../../base/bytes.ts';
import { TriliteError } from '../../model/errors.ts';
import { formatFloat } from '../../model/float-format.ts';
import type { SpanGroup } from '../../model/span-group.ts';
import type { ServiceAnswer, ServiceContext, ServiceRequest } from '../../query/service.ts';
import {
  oldTagReference,
  type TagReference,
  tagFilter,
  tagReference,
} from '../../query/traces/query-text.ts';
import { readGroups } from '../../query/traces/read-groups.ts';
import { EVER } from '../../query/traces/search.ts';
import {
  INTRINSIC_TAGS,
  pinnedValue,
  TAG_SCOPES,
  type TagScope,
  tagNames,
  tagValues,
} from '../../query/traces/tags.ts';
import type { Value } from '../../query/traces/value.ts';
import { param, tagLimit, tagRange } from './search-params.ts';

function json(value: unknown): ServiceAnswer {
  return { status: 200, contentType: 'application/json', body: utf8Encode(JSON.stringify(value)) };
}

async function withGroups<T>(
  request: ServiceRequest,
  context: ServiceContext,
  use: (groups: readonly SpanGroup[]) => T,
): Promise<T> {
  const cursor = await context.storage.traces.select(tagRange(request) ?? EVER, context.signal);
  try {
    return use(await readGroups(cursor, context.signal));
  } finally {
    cursor.close();
  }
}

interface Scopes {
  readonly attributes: readonly TagScope[];
  readonly intrinsics: boolean;
}

function scopesOf(request: ServiceRequest, intrinsicsByDefault: boolean): Scopes {
  const scope = param(request, 'scope');
  if (scope === '' || scope === 'none') return { attributes: TAG_SCOPES, intrinsics: intrinsicsByDefault };
  if (scope === 'intrinsic') return { attributes: [], intrinsics: true };
  if (!(TAG_SCOPES as readonly string[]).includes(scope))
    throw new TriliteError('bad_data', `invalid scope: ${scope}`);
  return { attributes: [scope as TagScope], intrinsics: false };
}

function limited<T>(list: readonly T[], limit: number): readonly T[] {
  return limit > 0 ? list.slice(0, limit) : list;
}

export async function searchTags(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  const { attributes, intrinsics } = scopesOf(request, false);
  const filter = tagFilter(param(request, 'q'));
  const names = await withGroups(request, context, (groups) => tagNames(groups, attributes, filter));
  const all = new Set([...names.values()].flat());
  if (intrinsics) for (const name of INTRINSIC_TAGS) all.add(name);
  return json({ tagNames: limited([...all].sort(), tagLimit(request)), metrics: {} });
}

export async function searchTagsV2(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  const { attributes, intrinsics } = scopesOf(request, true);
  const filter = tagFilter(param(request, 'q'));
  const limit = tagLimit(request);
  const names = await withGroups(request, context, (groups) => tagNames(groups, attributes, filter));
  const scopes = [...names].map(([name, tags]) => ({ name: name as string, tags: limited(tags, limit) }));
  if (intrinsics) scopes.push({ name: 'intrinsic', tags: limited(INTRINSIC_TAGS, limit) });
  return json({ scopes, metrics: {} });
}

export async function searchTagValues(
  request: ServiceRequest,
  context: ServiceContext,
): Promise<ServiceAnswer> {
  const reference = oldTagReference(request.path.name ?? '');
  const values = await valuesOf(request, context, reference);
  const texts = new Set(values.map(valueText));
  return json({ tagValues: [...texts].sort(), metrics: {} });
}

export async function searchTagValuesV2(
  request: ServiceRequest,
  context: ServiceContext,
): Promise<ServiceAnswer> {
  const reference = tagReference(request.path.name ?? '');
  const values = await valuesOf(request, context, reference);
  const tagValuesJson = values.map((value) => ({
    type: valueType(value),
    value: valueText(value) || undefined,
  }));
  return json({ tagValues: tagValuesJson, metrics: {} });
}

async function valuesOf(
  request: ServiceRequest,
  context: ServiceContext,
  reference: TagReference,
): Promise<readonly Value[]> {
  const filter = tagFilter(param(request, 'q'));
  const pinned = pinnedValue(filter, reference);
  if (pinned !== undefined) return [pinned];
  const limit = tagLimit(request);
  return withGroups(request, context, (groups) => tagValues(groups, reference, filter, limit));
}

function valueText(value: Value): string {
  switch (value.type) {
    case 'int':
      return String(value.exact ?? value.value);
    case 'float':
      return floatText(value.value);
    case 'many':
    case 'opaque':
      return '';
    default:
      return String(value.value);
  }
}

/** With a point or an exponent, so that it is no integer. */
function floatText(value: number): string {
  const text = formatFloat(value);
  return /[.eIN]/.test(text) ? text : `${text}.0`;
}

function valueType(value: Value): string {
  return value.type === 'status' || value.type === 'kind' ? 'keyword' : value.type;
}
