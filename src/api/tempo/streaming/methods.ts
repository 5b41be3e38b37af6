/**
 * `tempopb.StreamingQuerier`: Tempo's queries over gRPC, as Grafana asks them where streaming is switched on. A call
 * becomes the request of its HTTP endpoint and runs in a reader like that one; what comes back are its messages.
 */

import { type GrpcCall, GrpcFault, type GrpcMethod } from '../../../base/grpc-method.ts';
import { TriliteError } from '../../../model/errors.ts';
import { parseTenants, TENANT_HEADER } from '../../../model/tenant.ts';
import { SINCE_HEADER } from '../../../query/marked-runner.ts';
import type { ServiceRequest } from '../../../query/service.ts';
import { type QueryParts, runQuery } from '../../run-query.ts';
import { metricsRange, rangeGrid } from '../metrics-params.ts';
import { type Asked, instantAsked, rangeAsked, searchAsked, tagsAsked, tagValuesAsked } from './requests.ts';

/** As much as a form of the HTTP endpoints may have. */
const REQUEST_MAX_BYTES = 10 * 1024 * 1024;

/** Tempo's code for metrics queries that it does not understand; those of searches are invalid arguments. */
const UNKNOWN = 2;

export interface StreamingParts extends QueryParts {
  /** Whether calls say whose data they are about, and must. */
  readonly ofTenants: boolean;
  readonly now: () => number;
}

interface Method {
  readonly service: string;
  readonly asked: (message: Uint8Array) => Asked;
  /** What is wrong with the call itself, before its query is looked at. Throws `bad_data`. */
  readonly check?: (request: ServiceRequest) => void;
  /** Of queries that are refused. */
  readonly queryFault?: number;
}

const METHODS: Readonly<Record<string, Method>> = {
  Search: { service: 'search', asked: searchAsked },
  SearchTags: { service: 'searchTags', asked: tagsAsked },
  SearchTagsV2: { service: 'searchTagsV2', asked: tagsAsked },
  SearchTagValues: { service: 'searchTagValues', asked: tagValuesAsked },
  SearchTagValuesV2: { service: 'searchTagValuesV2', asked: tagValuesAsked },
  MetricsQueryRange: {
    service: 'metricsRange',
    asked: rangeAsked,
    check: (request) => rangeGrid(request, metricsRange(request)),
    queryFault: UNKNOWN,
  },
  MetricsQueryInstant: {
    service: 'metricsInstant',
    asked: instantAsked,
    check: metricsRange,
    queryFault: UNKNOWN,
  },
};

export function streamingMethods(parts: StreamingParts): GrpcMethod[] {
  return Object.entries(METHODS).map(([name, method]) => {
    const path = `/tempopb.StreamingQuerier/${name}`;
    return { path, answer: (message, call) => answer(path, method, message, call, parts) };
  });
}

async function* answer(
  path: string,
  { service, asked, check, queryFault }: Method,
  message: Uint8Array,
  call: GrpcCall,
  parts: StreamingParts,
): AsyncGenerator<Uint8Array, void> {
  if (message.length > REQUEST_MAX_BYTES) throw new TriliteError('too_large', 'the request is too large');
  const request = requestOf(path, asked(message), call, parts);
  check?.(request);
  const { gone } = call;
  try {
    const { body, rest } = await runQuery(parts, `tempo-stream.${service}`, request, gone);
    yield body;
    if (rest) yield* rest;
  } catch (error) {
    // Between two pieces the reader knows only that it was stopped.
    if (gone.signal.aborted) throw gone.signal.reason;
    const refused = queryFault !== undefined && error instanceof TriliteError && error.kind === 'bad_data';
    throw refused ? new GrpcFault(queryFault, error.message) : error;
  }
}

function requestOf(path: string, asked: Asked, call: GrpcCall, parts: StreamingParts): ServiceRequest {
  const tenants = parts.ofTenants ? parseTenants(call.header(TENANT_HEADER)) : undefined;
  const address = call.peer.replace(/:\d+$/, '');
  const client = { address, method: 'POST', path };
  const since = call.header(SINCE_HEADER);
  const headers = since === undefined ? {} : { [SINCE_HEADER]: since };
  return { ...asked, headers, tenants, nowMs: parts.now(), client };
}
