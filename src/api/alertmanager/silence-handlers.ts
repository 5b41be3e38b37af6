/** Silences: looking at them, making and changing them, ending one. */

import type { Alertmanager } from '../../alertmanager/alertmanager.ts';
import { stateOf } from '../../alertmanager/silence.ts';
import { inSlices } from '../../base/slices.ts';
import { TriliteError } from '../../model/errors.ts';
import type { ServiceAnswer, ServiceRequest } from '../../query/service.ts';
import { tenantOf } from './alert-handlers.ts';
import { bytesAnswer, emptyAnswer, invalidValue, jsonAnswer, jsonBody, NOT_OF_TYPE } from './answers.ts';
import { AlertParams } from './request-params.ts';
import { readSilenceBody } from './silence-body.ts';
import { hasMatchers, printSilence, printSilences, sortSilences } from './silence-json.ts';

const UUID = /^(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

export async function getSilences(am: Alertmanager, request: ServiceRequest): Promise<ServiceAnswer> {
  const params = new AlertParams(request);
  const matchers = params.matchers('filter');
  const nowMs = am.now;
  const found = [...am.look(tenantOf(request)).silences.all()].filter(
    (silence) => params.isWanted(stateOf(silence, nowMs)) && hasMatchers(silence, matchers),
  );
  return bytesAnswer(await inSlices(printSilences(sortSilences(found, nowMs), nowMs)));
}

export async function postSilence(am: Alertmanager, request: ServiceRequest): Promise<ServiceAnswer> {
  const posted = await readSilenceBody(jsonBody(request, 'silence'));
  try {
    const silenceID = await am.of(tenantOf(request)).silences.set(posted);
    return jsonAnswer({ silenceID });
  } catch (error) {
    if (isNotFound(error)) return jsonAnswer(error.message, 404);
    throw error;
  }
}

export async function getSilence(am: Alertmanager, request: ServiceRequest): Promise<ServiceAnswer> {
  const silence = am.look(tenantOf(request)).silences.find(idOf(request));
  return silence ? bytesAnswer(printSilence(silence, am.now)) : emptyAnswer(404);
}

export async function deleteSilence(am: Alertmanager, request: ServiceRequest): Promise<ServiceAnswer> {
  try {
    await am.look(tenantOf(request)).silences.expire(idOf(request));
    return emptyAnswer(200);
  } catch (error) {
    if (isNotFound(error)) return emptyAnswer(404);
    throw error;
  }
}

function idOf({ path }: ServiceRequest): string {
  const { id = '' } = path;
  if (UUID.test(id)) return id;
  throw invalidValue(NOT_OF_TYPE, `silenceID in path must be of type uuid: ${JSON.stringify(id)}`);
}

function isNotFound(error: unknown): error is TriliteError {
  return error instanceof TriliteError && error.kind === 'not_found';
}
