/**
 * `/loki/api/v1/delete`: making, listing and cancelling requests to delete log entries. Statuses and words are the
 * original's; errors are plain text with a newline.
 */

import { formatGoDuration, goDurationNs } from '../../model/duration.ts';
import { Matcher } from '../../model/matcher.ts';
import { parseRfc3339, parseTimeMs } from '../../model/time.ts';
import type { ServiceAnswer, ServiceRequest, ServiceRunner } from '../../query/service.ts';
import type { CancelOutcome, DeleteRequest, LogDeletes } from '../../storage/interface.ts';
import { textAnswer } from '../error-answer.ts';
import { Params } from '../params.ts';
import type { HandledRoute } from '../route.ts';
import { plainError } from './answer.ts';
import type { ParsedDeletion } from './delete-service.ts';

const PATH = '/loki/api/v1/delete';
const NO_CONTENT: ServiceAnswer = { status: 204, contentType: '', body: new Uint8Array(0) };
const NS_PER_MS = 1e6;
const SECOND_NS = 1e9;
/** Unix seconds have ten digits for some centuries. */
const SECONDS_DIGITS = 10;
/** The original cuts requests with filters into such pieces; here a longer one is refused as there, and nothing is cut. */
const MAX_INTERVAL_NS = 24 * 3600 * SECOND_NS;

const BAD_START = 'invalid start time: require unix seconds or RFC3339 format';
const BAD_END = 'invalid end time: require unix seconds or RFC3339 format';
const BAD_INTERVAL = "invalid max_interval: valid time units are 's', 'm', 'h'";

export interface DeletesView {
  readonly deletes: LogDeletes;
  /** A tenant's; undefined where tenants are not told apart. */
  readonly deletesOf?: ((tenant: string) => LogDeletes) | undefined;
  /** How long a request may be cancelled. */
  readonly cancelPeriodMs: number;
  /** Reads queries, which the front cannot (`delete-service.ts`). */
  readonly runner: ServiceRunner;
}

export function deleteRoutes(view: DeletesView): HandledRoute[] {
  return [
    {
      access: 'admin',
      methods: ['POST', 'PUT'],
      path: PATH,
      tenants: 'one',
      handle: (request) => answering(() => add(view, request)),
    },
    {
      access: 'read',
      methods: ['GET'],
      path: PATH,
      tenants: 'one',
      handle: (request) => answering(() => list(view, request)),
    },
    {
      access: 'admin',
      methods: ['DELETE'],
      path: PATH,
      tenants: 'one',
      handle: (request) => answering(() => cancel(view, request)),
    },
  ];
}

function deletesOf(view: DeletesView, { tenants }: ServiceRequest): LogDeletes {
  return (tenants && view.deletesOf?.(tenants[0]!)) ?? view.deletes;
}

/** A request that is refused, with what the client is told. */
class RefusedError extends Error {
  readonly status: number;

  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}

async function answering(handle: () => Promise<ServiceAnswer>): Promise<ServiceAnswer> {
  try {
    return await handle();
  } catch (error) {
    if (error instanceof RefusedError) return plainError(error.status, `${error.message}\n`);
    throw error;
  }
}

async function add(view: DeletesView, request: ServiceRequest): Promise<ServiceAnswer> {
  const params = new Params(request.params);
  const query = params.get('query');
  const { matchers, filtered } = await parseQuery(view.runner, query, request.nowMs);
  const start = params.get('start');
  if (start === '') throw new RefusedError('start time not set');
  const minMs = timeMs(start, BAD_START);
  const end = params.get('end');
  const maxMs = end === '' ? request.nowMs : timeMs(end, BAD_END);
  if (maxMs > request.nowMs) throw new RefusedError('deletes in the future are not allowed');
  if (minMs >= maxMs) throw new RefusedError("start time can't be greater than or equal to end time");
  if (filtered) checkInterval(params.get('max_interval'), (maxMs - minMs) * NS_PER_MS);
  const id = await deletesOf(view, request).add({
    query,
    matchers: matchers.map(Matcher.from),
    filtered,
    minMs,
    maxMs,
  });
  return { ...NO_CONTENT, headers: { 'X-Delete-Request-ID': id } };
}

async function parseQuery(runner: ServiceRunner, query: string, nowMs: number): Promise<ParsedDeletion> {
  if (query === '') throw new RefusedError('query not set');
  const request = { params: [['query', query]], path: {}, headers: {}, nowMs } as const;
  const answer = await runner.run('loki.parse_deletion', request, new AbortController().signal);
  const text = Buffer.from(answer.body).toString('utf8');
  if (answer.status === 400) throw new RefusedError('invalid query expression');
  if (answer.status !== 200) throw new RefusedError(text, answer.status);
  return JSON.parse(text) as ParsedDeletion;
}

/** RFC 3339, or seconds in ten characters. */
function timeMs(text: string, refusal: string): number {
  const ms = parseRfc3339(text)?.ms ?? (text.length === SECONDS_DIGITS ? parseTimeMs(text) : undefined);
  if (ms === undefined) throw new RefusedError(refusal);
  return ms;
}

function checkInterval(text: string, rangeNs: number): void {
  if (text === '') return;
  const ns = goDurationNs(text);
  if (ns === undefined || ns < SECOND_NS) throw new RefusedError(BAD_INTERVAL);
  if (ns > MAX_INTERVAL_NS) {
    throw new RefusedError(`max_interval can't be greater than ${formatGoDuration(MAX_INTERVAL_NS)}`);
  }
  if (ns > rangeNs) {
    throw new RefusedError(
      `max_interval can't be greater than the interval to be deleted (${formatGoDuration(rangeNs)})`,
    );
  }
}

async function list(view: DeletesView, request: ServiceRequest): Promise<ServiceAnswer> {
  const params = new Params(request.params);
  const [start, end] = [params.get('start'), params.get('end')];
  let requests = await deletesOf(view, request).list();
  if (start !== '' && end !== '') {
    const [minMs, maxMs] = [timeMs(start, BAD_START), timeMs(end, BAD_END)];
    requests = requests.filter((r) => r.minMs <= maxMs && r.maxMs >= minMs);
  }
  if (params.get('for_querytime_filtering') === 'true') {
    requests = requests.filter((r) => r.status !== 'processed');
  }
  return textAnswer(200, `${JSON.stringify(requests.map(listed))}\n`, 'application/json');
}

/** Times in seconds. */
function listed(request: DeleteRequest): object {
  return {
    request_id: request.id,
    start_time: request.minMs / 1000,
    end_time: request.maxMs / 1000,
    query: request.query,
    status: statusOf(request),
    created_at: request.createdMs / 1000,
    user_id: '',
  };
}

function statusOf({ status, progress }: DeleteRequest): string {
  const underWay = status === 'received' && progress > 0;
  return underWay ? `${Math.floor(progress * 100)}% Complete` : status;
}

async function cancel(view: DeletesView, request: ServiceRequest): Promise<ServiceAnswer> {
  const params = new Params(request.params);
  const force = params.get('force') === 'true';
  const outcome = await deletesOf(view, request).cancel(params.get('request_id'), { force });
  if (outcome === 'cancelled') return NO_CONTENT;
  throw refusedCancel(outcome, view.cancelPeriodMs);
}

function refusedCancel(outcome: Exclude<CancelOutcome, 'cancelled'>, cancelPeriodMs: number): RefusedError {
  switch (outcome) {
    case 'unknown':
      return new RefusedError('could not find delete request with given id', 404);
    case 'processed':
      return new RefusedError('deletion of request which is in process or already processed is not allowed');
    case 'late': {
      const deadline = formatGoDuration(cancelPeriodMs * NS_PER_MS);
      return new RefusedError(
        'Cancellation of partially completed delete request or delete request past the deadline of ' +
          `${deadline} since its creation is not allowed. To force, use the ?force query parameter`,
      );
    }
  }
}
