/** Names and values of tags, in the answers of both API versions, as JSON or protobuf. */

import type { ServiceAnswer, ServiceContext, ServiceRequest } from '../../query/service.ts';
import { answerWith } from './answer-form.ts';
import { scopeMessages, textMessages, valueMessages } from './proto/tag-messages.ts';
import { namesByScope, namesOfTags, typedValues, valuesAsTexts } from './tag-answers.ts';

export async function searchTags(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  const tagNames = await namesOfTags(request, context);
  return answerWith(request, { tagNames, metrics: {} }, () => textMessages(tagNames));
}

export async function searchTagsV2(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  const scopes = await namesByScope(request, context);
  return answerWith(request, { scopes, metrics: {} }, () => scopeMessages(scopes));
}

export async function searchTagValues(
  request: ServiceRequest,
  context: ServiceContext,
): Promise<ServiceAnswer> {
  const tagValues = await valuesAsTexts(request, context);
  return answerWith(request, { tagValues, metrics: {} }, () => textMessages(tagValues));
}

export async function searchTagValuesV2(
  request: ServiceRequest,
  context: ServiceContext,
): Promise<ServiceAnswer> {
  const tagValues = await typedValues(request, context);
  return answerWith(request, { tagValues, metrics: {} }, () => valueMessages(tagValues));
}
