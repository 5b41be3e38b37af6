/** The envelope of every answer of the first API: `{"data":…,"total":n,"limit":0,"offset":0,"errors":null}`. */

import { utf8Encode } from '../../base/bytes.ts';
import type { ServiceAnswer, ServiceRequest } from '../../query/service.ts';
import { Params } from '../params.ts';

const INDENT = 4;

/** One that is about a single trace of several names it; one that is about the request has the status. */
export interface EnvelopeError {
  readonly code?: number;
  readonly msg: string;
  readonly traceID?: string;
}

export interface Enveloped {
  /** JSON text. */
  readonly data: string;
  /** Lists of names say how many there are; traces do not. */
  readonly total?: number;
  readonly errors?: readonly EnvelopeError[];
  /** 200 unless said. */
  readonly status?: number;
}

export function envelope(request: ServiceRequest, parts: Enveloped): ServiceAnswer {
  const { data, total = 0, errors = [], status = 200 } = parts;
  const faults = errors.length > 0 ? JSON.stringify(errors) : 'null';
  const text = `{"data":${data},"total":${total},"limit":0,"offset":0,"errors":${faults}}`;
  return { ...jsonAnswer(isPretty(request) ? pretty(text) : text), status };
}

function isPretty({ params }: ServiceRequest): boolean {
  const asked = new Params(params).get('prettyPrint');
  return asked !== '' && asked !== 'false';
}

function pretty(text: string): string {
  return JSON.stringify(JSON.parse(text), undefined, INDENT);
}

export function jsonAnswer(text: string): ServiceAnswer {
  return { status: 200, contentType: 'application/json', body: utf8Encode(text) };
}

/** For statuses that no kind of error has. */
export function errorEnvelope(status: number, msg: string): ServiceAnswer {
  const errors: EnvelopeError[] = [{ code: status, msg }];
  return { ...jsonAnswer(JSON.stringify({ data: null, total: 0, limit: 0, offset: 0, errors })), status };
}
