/** What a server says of a query, with the place that it names shown in the query's text. */

import { cellsOf, plain } from './print/cells.ts';

/** Prometheus' `1:5: parse error`, and `line 1, col 5` of Loki and Tempo. */
const PLACES = [/(?:^|[^\d:])(\d+):(\d+): parse error/, /line (\d+), col(?:umn)? (\d+)/];

/** Lines: the message, and where it names a line and a column, that line with a caret below. */
export function faultLines(message: string, query: string): string[] {
  const told = message.split('\n').map(plain);
  const place = PLACES.map((pattern) => pattern.exec(message)).find((match) => match !== null);
  if (!place) return told;
  const line = query.split('\n')[Number(place[1]) - 1];
  const column = Number(place[2]);
  if (line === undefined || column < 1) return told;
  // Servers count bytes.
  const before = Buffer.from(line)
    .subarray(0, column - 1)
    .toString();
  const indent = '  ';
  return [...told, `${indent}${plain(line)}`, `${indent}${' '.repeat(cellsOf(plain(before)))}^`];
}
