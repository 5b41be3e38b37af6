/** The envelope of every answer of the first API: `{"data":…,"total":n,"limit":0,"offset":0,"errors":null}`. */

import { utf8Encode } from '../../base/bytes.ts';
import type { ServiceAnswer, ServiceRequest } from '../../query/service.ts';
import { Params } from '../params.ts';

const INDENT = 4;

/** A trace that was asked for and is not there. */
export interface MissingTrace {
  readonly code: 404;
  readonly msg: string;
  readonly traceID: string;
}

export interface Enveloped {
  /** JSON text. */
  readonly data: string;
  /** Lists of names say how many there are; traces do not. */
  readonly total?: number;
  readonly errors?: readonly MissingTrace[];
  /** 200 unless said. */
  readonly status?: number;
}

export function envelope(request: ServiceRequest, parts: Enveloped): ServiceAnswer {
  const { data, total = 0, errors = [], status = 200 } = parts;
  const faults = errors.length > 0 ? JSON.stringify(errors) : 'null';
  const text = `{"data":${data},"total":${total},"limit":0,"offset":0,"errors":${faults}}`;
  return { ...jsonAnswer(request, text), status };
}

/** `text` as it is, or with line breaks where the client asked for them. */
export function jsonAnswer(request: ServiceRequest, text: string): ServiceAnswer {
  const pretty = /^(1|t|true)$/i.test(new Params(request.params).get('prettyPrint'));
  const body = utf8Encode(pretty ? JSON.stringify(JSON.parse(text), undefined, INDENT) : text);
  return { status: 200, contentType: 'application/json', body };
}
