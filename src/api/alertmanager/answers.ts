/**
 * Answers of Alertmanager's API: JSON with a line end. What is wrong about a request's form is told as an object with a code, in the
 * words of the original's framework; what is wrong about alerts and silences as a JSON string.
 */

import { utf8Encode } from '../../base/bytes.ts';
import { TriliteError } from '../../model/errors.ts';
import type { ServiceAnswer, ServiceRequest } from '../../query/service.ts';

const JSON_TYPE = 'application/json';
const HEADERS = { 'Cache-Control': 'no-store' };
/** What the framework calls a value that is missing, of no such form, too short. */
export const REQUIRED = 602;
export const NOT_OF_TYPE = 601;
export const TOO_FEW = 612;

/** A request whose form is wrong. */
export class FormFault extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, message: string, code = status) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** A value of the body that is missing or is not what it should be. */
export function invalidValue(code: number, message: string): FormFault {
  return new FormFault(422, message, code);
}

export function jsonAnswer(value: unknown, status = 200): ServiceAnswer {
  return bytesAnswer(utf8Encode(`${JSON.stringify(value)}\n`), status);
}

export function bytesAnswer(body: Uint8Array, status = 200): ServiceAnswer {
  return { status, contentType: JSON_TYPE, body, headers: HEADERS };
}

/** Nothing but a status. */
export function emptyAnswer(status: number): ServiceAnswer {
  return { status, contentType: '', body: new Uint8Array(0), headers: HEADERS };
}

function faultAnswer({ status, code, message }: FormFault): ServiceAnswer {
  return bytesAnswer(utf8Encode(JSON.stringify({ code, message })), status);
}

type Handle = (request: ServiceRequest) => Promise<ServiceAnswer>;

/** Has the request's headers looked at, and errors answered in the API's manner. */
export function answering(handle: Handle): Handle {
  return async (request) => {
    try {
      checkAccept(request);
      return await handle(request);
    } catch (error) {
      if (error instanceof FormFault) return faultAnswer(error);
      if (error instanceof TriliteError && error.kind === 'bad_data') return jsonAnswer(error.message, 400);
      throw error;
    }
  };
}

/** Throws where the client takes no JSON. */
function checkAccept({ headers }: ServiceRequest): void {
  const accepted = headers.accept ?? '';
  if (accepted === '') return;
  const types = accepted.split(',').map((type) => type.split(';', 1)[0]!.trim().toLowerCase());
  if (types.some((type) => type === '*/*' || type === 'application/*' || type === JSON_TYPE)) return;
  throw new FormFault(406, `unsupported media type requested, only [${JSON_TYPE}] are available`);
}

/** The body of a request that must have one, called `name` in errors. */
export function jsonBody({ headers, body }: ServiceRequest, name: string): Uint8Array {
  const type = (headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();
  const isForm = type === 'application/x-www-form-urlencoded';
  if (body === undefined && !isForm) throw invalidValue(REQUIRED, `${name} in body is required`);
  if (type === JSON_TYPE) return body!;
  const said = JSON.stringify(type || 'application/octet-stream');
  throw new FormFault(415, `unsupported media type ${said}, only [${JSON_TYPE}] are allowed`);
}
