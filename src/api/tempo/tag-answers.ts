/** What tag requests find, whatever it is printed as. */

import { TriliteError } from '../../model/errors.ts';
import { formatFloat } from '../../model/float-format.ts';
import type { SpanGroup } from '../../model/span-group.ts';
import type { ServiceContext, ServiceRequest } from '../../query/service.ts';
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
import { param, tagLimit, tagRange, tagValuesLimit } from './search-params.ts';

export interface ScopeTags {
  readonly name: string;
  readonly tags: readonly string[];
}

export interface TypedValue {
  readonly type: string;
  /** Absent where it is empty. */
  readonly value: string | undefined;
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

function limited<T>(list: readonly T[], limit: number): T[] {
  return limit > 0 ? list.slice(0, limit) : [...list];
}

/** Names of all scopes together, ascending. */
export async function namesOfTags(request: ServiceRequest, context: ServiceContext): Promise<string[]> {
  const { attributes, intrinsics } = scopesOf(request, false);
  const filter = tagFilter(param(request, 'q'));
  const names = await withGroups(request, context, (groups) => tagNames(groups, attributes, filter));
  const all = new Set([...names.values()].flat());
  if (intrinsics) for (const name of INTRINSIC_TAGS) all.add(name);
  return limited([...all].sort(), tagLimit(request));
}

/** The limit holds for each scope. */
export async function namesByScope(request: ServiceRequest, context: ServiceContext): Promise<ScopeTags[]> {
  const { attributes, intrinsics } = scopesOf(request, true);
  const filter = tagFilter(param(request, 'q'));
  const limit = tagLimit(request);
  const names = await withGroups(request, context, (groups) => tagNames(groups, attributes, filter));
  const scopes: ScopeTags[] = [...names].map(([name, tags]) => ({ name, tags: limited(tags, limit) }));
  if (intrinsics) scopes.push({ name: 'intrinsic', tags: limited(INTRINSIC_TAGS, limit) });
  return scopes;
}

/** Values of a tag of the first API version, ascending. */
export async function valuesAsTexts(request: ServiceRequest, context: ServiceContext): Promise<string[]> {
  const values = await valuesOf(request, context, oldTagReference(request.path.name ?? ''));
  return [...new Set(values.map(valueText))].sort();
}

export async function typedValues(request: ServiceRequest, context: ServiceContext): Promise<TypedValue[]> {
  const values = await valuesOf(request, context, tagReference(request.path.name ?? ''));
  return values.map((value) => ({ type: valueType(value), value: valueText(value) || undefined }));
}

async function valuesOf(
  request: ServiceRequest,
  context: ServiceContext,
  reference: TagReference,
): Promise<readonly Value[]> {
  const filter = tagFilter(param(request, 'q'));
  const pinned = pinnedValue(filter, reference);
  if (pinned !== undefined) return [pinned];
  const limit = tagValuesLimit(request);
  return withGroups(request, context, (groups) => tagValues(groups, reference, filter, limit));
}

/** With a point or an exponent, so that it is no integer. */
function floatText(value: number): string {
  const text = formatFloat(value);
  return /[.eIN]/.test(text) ? text : `${text}.0`;
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

function valueType(value: Value): string {
  return value.type === 'status' || value.type === 'kind' ? 'keyword' : value.type;
}
