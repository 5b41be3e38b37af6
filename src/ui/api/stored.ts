/** How much there is of logs and traces within a range of time. */

import type { Bounds } from '../time/range.ts';
import { getJson } from './http.ts';

/** Every stream has this label, so that this finds all. */
export const ALL_STREAMS = '{service_name=~".+"}';

/** A range as Loki takes it, in nanoseconds. */
export function nanosecondRange({ startMs, endMs }: Bounds): { start: string; end: string } {
  return { start: `${Math.floor(startMs)}000000`, end: `${Math.ceil(endMs)}000000` };
}

/** A range as Tempo takes it, in seconds. */
export function secondRange({ startMs, endMs }: Bounds): { start: number; end: number } {
  return { start: Math.floor(startMs / 1000), end: Math.ceil(endMs / 1000) };
}

export interface StoredLogs {
  readonly streams: number;
  readonly bytes: number;
  readonly entries: number;
}

export function storedLogs(bounds: Bounds, signal?: AbortSignal): Promise<StoredLogs> {
  return getJson('/loki/api/v1/index/stats', { query: ALL_STREAMS, ...nanosecondRange(bounds) }, signal);
}

interface TagValues {
  readonly tagValues?: readonly { readonly value: string }[];
}

/** Names of services that have spans. */
export async function tracedServices(bounds: Bounds, signal?: AbortSignal): Promise<readonly string[]> {
  const path = '/api/v2/search/tag/resource.service.name/values';
  const { tagValues = [] } = await getJson<TagValues>(path, secondRange(bounds), signal);
  return tagValues.map(({ value }) => value);
}
