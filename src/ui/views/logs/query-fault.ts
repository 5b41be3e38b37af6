/** What a refusal of the server means for the query on view: where the fault is, and what helps. */

export interface QueryFault {
  readonly message: string;
  /** The line of the query with the fault, before it and from it on; undefined where the message names no place. */
  readonly place?: { readonly before: string; readonly behind: string };
  readonly advice?: string;
}

const POSITION = /^(?:parse error at )?line (\d+), col (\d+): /;

/** Most telling first; by the words of Loki's messages. */
const ADVICE: readonly (readonly [pattern: RegExp, advice: string])[] = [
  [
    /at least one (?:regexp or equality )?matcher/,
    'A selector needs one label that must be there: {service_name=~".+"} takes all streams.',
  ],
  [/maximum number of series/, 'Group by fewer labels, `sum by (…)`, or take the largest, `topk(10, …)`.'],
  [
    /pipeline error/,
    'Some lines could not be parsed: `| __error__=""` leaves them out, `| drop __error__` takes them as they are.',
  ],
  [
    /time(?:d)? ?out|deadline|cancell?ed/i,
    'Ask for a shorter range, name more labels, or filter lines before parsing.',
  ],
  [/no org id/i, 'This server tells tenants apart: name one in the box at the top.'],
];

export function queryFault(error: Error & { readonly status?: number }, query: string): QueryFault {
  const { message } = error;
  const advice =
    ADVICE.find(([pattern]) => pattern.test(message))?.[1] ??
    (error.status === 503 || error.status === 504
      ? 'The server is busy or took too long. Ask for a shorter range, or try again.'
      : undefined);
  const place = placeOf(message, query);
  return { message, ...(place === undefined ? {} : { place }), ...(advice === undefined ? {} : { advice }) };
}

function placeOf(message: string, query: string): QueryFault['place'] {
  const found = POSITION.exec(message);
  if (!found) return undefined;
  const line = query.split('\n')[Number(found[1]) - 1];
  if (line === undefined) return undefined;
  const characters = [...line];
  const column = Number(found[2]) - 1;
  if (column > characters.length) return undefined;
  return { before: characters.slice(0, column).join(''), behind: characters.slice(column).join('') };
}
