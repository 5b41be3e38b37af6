/**
 * Reads the query of a delete request, in a reader thread: the front, which answers the rest, has no LogQL. The answer
 * is not for clients.
 */

import type { MatcherData } from '../../model/matcher.ts';
import { parseDeletion } from '../../query/logs/entry-predicate.ts';
import type { ServiceAnswer, ServiceRequest } from '../../query/service.ts';
import { jsonValue } from './answer.ts';

/** What the query asks for. */
export interface ParsedDeletion {
  readonly matchers: readonly MatcherData[];
  readonly filtered: boolean;
}

/** `query` → `ParsedDeletion` as JSON. Throws `bad_data` where it is no selector, perhaps with stages. */
export async function parseDeletionService(request: ServiceRequest): Promise<ServiceAnswer> {
  const query = request.params.find(([name]) => name === 'query')?.[1] ?? '';
  const { matchers, filtered } = parseDeletion(query);
  const parsed: ParsedDeletion = { matchers: matchers.map((m) => m.toData()), filtered };
  return jsonValue(parsed);
}
