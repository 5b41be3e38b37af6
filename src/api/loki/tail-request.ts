/** Parameters of a tail, read before the connection becomes a WebSocket: a bad one is answered over HTTP. */

import { TriliteError } from '../../model/errors.ts';
import type { TailOptions } from '../../query/logs/live/tail-protocol.ts';
import type { Instant } from '../../query/logs/scan.ts';
import type { ServiceRequest } from '../../query/service.ts';
import { optionalInteger } from '../params.ts';
import { CATEGORIZE, encodingFlags, LokiRequest } from './request.ts';
import { LEGACY_TAIL_PATH } from './routes.ts';

/** Seconds, as in the original. */
const DELAY_MAX_S = 5;
const U32_MAX = 0xffffffff;

export interface TailRequest {
  readonly options: TailOptions;
  /** The backlog: at most `limit` entries from here on. */
  readonly start: Instant;
  readonly limit: number;
}

/** Throws `TriliteError` (`bad_data`) in the words of the original. The query itself is not looked at. */
export function readTailRequest(request: ServiceRequest): TailRequest {
  const read = new LokiRequest(request);
  const limit = read.limit();
  const { start } = read.bounds();
  const delayS = optionalInteger(read.params, 'delay_for') ?? 0;
  if (delayS < 0 || delayS > U32_MAX) {
    throw new TriliteError('bad_data', `delay_for value ${delayS} is out of range [0, ${U32_MAX}]`);
  }
  if (delayS > DELAY_MAX_S) {
    throw new TriliteError('bad_data', `delay_for can't be greater than ${DELAY_MAX_S}`);
  }
  const flags = encodingFlags(request);
  const query = {
    text: read.query,
    contains: read.params.get('regexp'),
    categorize: flags.includes(CATEGORIZE),
  };
  const legacy = request.client?.path === LEGACY_TAIL_PATH;
  return { start, limit, options: { query, delayMs: delayS * 1000, legacy, flags } };
}
