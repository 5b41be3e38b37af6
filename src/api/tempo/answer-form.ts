/** In which form an answer is printed: JSON, or protobuf where the client accepts that. */

import { utf8Encode } from '../../base/bytes.ts';
import type { ServiceAnswer, ServiceRequest } from '../../query/service.ts';

export const PROTOBUF = 'application/protobuf';
export const JSON_TYPE = 'application/json';

export function wantsProtobuf(request: ServiceRequest): boolean {
  return (request.headers.accept ?? '').includes(PROTOBUF);
}

export function jsonAnswer(value: unknown): ServiceAnswer {
  return { status: 200, contentType: JSON_TYPE, body: utf8Encode(JSON.stringify(value)) };
}

/** `messages` gives one. */
export function answerWith(
  request: ServiceRequest,
  json: unknown,
  messages: () => readonly Uint8Array[],
): ServiceAnswer {
  if (!wantsProtobuf(request)) return jsonAnswer(json);
  return { status: 200, contentType: PROTOBUF, body: messages()[0]! };
}
