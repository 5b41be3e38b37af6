/** Where in a query an error message says that the fault is. */

export interface MarkedFault {
  /** The message without the position. */
  readonly message: string;
  /** The line of the query, before the place and from it on. */
  readonly before: string;
  readonly behind: string;
}

/** `line:column: …`, columns counted in characters from 1. */
const POSITION = /(?:^|[\s"])(\d+):(\d+): (?=parse error)/;

/** Undefined where the message names no place, or one that the query does not have. */
export function markedFault(message: string, query: string): MarkedFault | undefined {
  const found = POSITION.exec(message);
  if (!found) return undefined;
  const line = query.split('\n')[Number(found[1]) - 1];
  const column = Number(found[2]) - 1;
  if (line === undefined || column > line.length) return undefined;
  return {
    message: message.slice(found.index + found[0].length),
    before: line.slice(0, column),
    behind: line.slice(column),
  };
}
