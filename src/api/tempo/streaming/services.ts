/**
 * The streaming queries in their reader thread. Each runs what its HTTP endpoint runs and answers with messages: the
 * first is the answer's body, the others come behind it. Errors are thrown: their kind becomes the call's code.
 */

import type { Service, ServiceAnswer, ServiceContext, ServiceRequest } from '../../../query/service.ts';
import { type SearchUpdate, searchUpdates } from '../../../query/traces/search.ts';
import { instantMetrics, rangeMetrics } from '../metrics-service.ts';
import { MESSAGE_MAX_BYTES, ONE_JOB } from '../proto/message-list.ts';
import { instantMessages, rangeMessages } from '../proto/metrics-message.ts';
import { searchMessages } from '../proto/search-message.ts';
import { scopeMessages, textMessages, valueMessages } from '../proto/tag-messages.ts';
import { searchRequest } from '../search-service.ts';
import { namesByScope, namesOfTags, typedValues, valuesAsTexts } from '../tag-answers.ts';

/** Between two messages of a search that takes long: often enough to be watched. */
const UPDATE_MS = 500;

function messageAnswer(body: Uint8Array, rest?: AsyncIterable<Uint8Array>): ServiceAnswer {
  const answer = { status: 200, contentType: 'application/grpc', body };
  return rest ? { ...answer, rest } : answer;
}

/** What is there as a whole. */
function inMessages([first, ...others]: readonly Uint8Array[]): ServiceAnswer {
  return messageAnswer(first!, others.length > 0 ? eachOf(others) : undefined);
}

async function* eachOf(messages: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void> {
  yield* messages;
}

/** A search in parts, each with what was found since the one before; a group of stored spans counts as a job. */
async function search(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  const messages = searchStream(request, context);
  // A search that fails, or is quick, does so before there is an answer.
  const first = await messages.next();
  return messageAnswer(first.value!, messages);
}

async function* searchStream(
  request: ServiceRequest,
  context: ServiceContext,
): AsyncGenerator<Uint8Array, void> {
  const { legacy, ...wanted } = searchRequest(request);
  const updates = searchUpdates(context.storage.traces, wanted, context.signal, UPDATE_MS);
  for await (const update of updates) {
    yield* searchMessages(update.traces, legacy, progressOf(update, request), MESSAGE_MAX_BYTES);
  }
}

/** Tenants share the groups: how many there are is not for one of them. */
function progressOf({ inspectedTraces, groupsSeen, groupCount }: SearchUpdate, { tenants }: ServiceRequest) {
  if (tenants || groupCount === 0) return { ...ONE_JOB, inspectedTraces: tenants ? 0 : inspectedTraces };
  return { completedJobs: groupsSeen, totalJobs: groupCount, inspectedTraces };
}

export const TEMPO_STREAM_SERVICES: Readonly<Record<string, Service>> = {
  'tempo-stream.search': search,
  'tempo-stream.searchTags': async (request, context) =>
    inMessages(textMessages(await namesOfTags(request, context), MESSAGE_MAX_BYTES)),
  'tempo-stream.searchTagsV2': async (request, context) =>
    inMessages(scopeMessages(await namesByScope(request, context), MESSAGE_MAX_BYTES)),
  'tempo-stream.searchTagValues': async (request, context) =>
    inMessages(textMessages(await valuesAsTexts(request, context), MESSAGE_MAX_BYTES)),
  'tempo-stream.searchTagValuesV2': async (request, context) =>
    inMessages(valueMessages(await typedValues(request, context), MESSAGE_MAX_BYTES)),
  'tempo-stream.metricsRange': async (request, context) =>
    inMessages(rangeMessages(await rangeMetrics(request, context), MESSAGE_MAX_BYTES)),
  'tempo-stream.metricsInstant': async (request, context) =>
    inMessages(instantMessages(await instantMetrics(request, context), MESSAGE_MAX_BYTES)),
};
