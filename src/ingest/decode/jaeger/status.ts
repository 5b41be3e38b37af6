/**
 * What a Jaeger span's tags say of its status, in the order in which the collector's translation asks them:
 *
 * 1. `error` = true (a bool): an error, whatever else is said;
 * 2. `otel.status_code`: `OK` or `ERROR`;
 * 3. `http.status_code`: an error from 500 on, and of 400 to 499 unless a server says it.
 *
 * The message is `otel.status_description`, or `http.status_message` where that is not there in 1, and in 3.
 */

import { ROLE, TAG, type Tags } from './tags.ts';

export const STATUS = { unset: 0, ok: 1, error: 2 } as const;
export const KIND = { unspecified: 0, internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;

export interface Status {
  readonly code: number;
  /** Index of the tag whose text is the message; -1 for none. */
  readonly message: number;
  /** Tags that stand in the status now, a bit for each role. */
  readonly taken: number;
}

const NO_STATUS: Status = { code: STATUS.unset, message: -1, taken: 0 };

/** A bit for a role. */
export function roleBit(role: number): number {
  return 1 << role;
}

/** `tags` are settled; `text` gives a tag's text, which is empty for one of another type. */
export function statusOf(tags: Tags, kind: number, text: (tag: number) => string): Status {
  const find = (role: number) => tags.find(role, 0, tags.count);
  const error = find(ROLE.error);
  const code = find(ROLE.statusCode);
  const description = find(ROLE.statusDescription);
  const both = roleBit(ROLE.statusCode) | roleBit(ROLE.statusDescription);
  if (error >= 0 && tags.type[error] === TAG.bool && tags.low[error] === 1) {
    const message = description >= 0 ? description : find(ROLE.httpStatusMessage);
    return { code: STATUS.error, message, taken: roleBit(ROLE.error) | both };
  }
  if (code >= 0) {
    const said = text(code).toUpperCase();
    const known = said === 'OK' ? STATUS.ok : said === 'ERROR' ? STATUS.error : STATUS.unset;
    return { code: known, message: description, taken: both };
  }
  const http = find(ROLE.httpStatusCode);
  if (http < 0) return NO_STATUS;
  const number = tags.type[http] === TAG.int ? intOf(tags, http) : integerIn(text(http));
  if (number === undefined || !isHttpError(number, kind)) return NO_STATUS;
  return { code: STATUS.error, message: find(ROLE.httpStatusMessage), taken: 0 };
}

function intOf(tags: Tags, tag: number): number {
  return (tags.high[tag]! | 0) * 2 ** 32 + tags.low[tag]!;
}

/** A number of 64 bits in decimal digits; what a code above 2^53 is exactly does not matter. */
function integerIn(text: string): number | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const number = BigInt(text.replace('+', ''));
  return BigInt.asIntN(64, number) === number ? Number(number) : undefined;
}

/** 399 is one, as it is for the collector. */
function isHttpError(code: number, kind: number): boolean {
  if (code >= 400 && code < 500) return kind !== KIND.server;
  return code < 100 || code >= 399;
}
