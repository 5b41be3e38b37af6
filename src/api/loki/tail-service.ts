/**
 * What readers do for tails: they look at the query before the connection becomes a WebSocket, and find the backlog.
 * The live part never comes here.
 */

import { utf8Encode } from '../../base/bytes.ts';
import type { MatcherData } from '../../model/matcher.ts';
import type { TailOptions } from '../../query/logs/live/tail-protocol.ts';
import { queryBacklog, tailMatchers } from '../../query/logs/live/tail-query.ts';
import type { ServiceAnswer, ServiceContext, ServiceRequest } from '../../query/service.ts';
import { jsonValue, plainError } from './answer.ts';
import { LokiRequest } from './request.ts';
import { readTailRequest } from './tail-request.ts';

/** The answer to a request that can be followed, as JSON. */
export interface TailPlan {
  readonly options: TailOptions;
  /** Absent for a metric query: that is told in the WebSocket. */
  readonly matchers?: readonly MatcherData[];
}

/** What is wrong with the query is told before what is wrong with the other parameters. */
function planOf(request: ServiceRequest): TailPlan {
  const text = new LokiRequest(request).query;
  tailMatchers({ text, contains: '', categorize: false });
  const { options } = readTailRequest(request);
  const matchers = tailMatchers(options.query);
  return matchers ? { options, matchers } : { options };
}

export async function tailService(request: ServiceRequest): Promise<ServiceAnswer> {
  return jsonValue(planOf(request));
}

/** A request without an upgrade is refused, but what else is wrong with it comes first. */
export async function tailRefusalService(request: ServiceRequest): Promise<ServiceAnswer> {
  planOf(request);
  const refusal = plainError(400, 'Bad Request\n');
  return { ...refusal, headers: { ...refusal.headers, 'Sec-WebSocket-Version': '13' } };
}

export async function tailBacklogService(
  request: ServiceRequest,
  context: ServiceContext,
): Promise<ServiceAnswer> {
  const { options, start, limit } = readTailRequest(request);
  const entries = await queryBacklog(options.query, start, limit, context);
  const contentType = 'application/json';
  return { status: 200, contentType, body: utf8Encode(JSON.stringify(entries)) };
}
