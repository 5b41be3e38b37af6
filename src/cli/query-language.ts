/** In which language a query is, where its text says so. */

import { parseLogql } from '../query/lang/logql/parser.ts';
import { parsePromql } from '../query/lang/promql/parser.ts';
import { parseQuery } from '../query/lang/traceql/parser.ts';
import { type QueryLanguage, type QuerySubject, wrong } from './query-flags.ts';

const TRACE_ID = /^[0-9a-f]{32}$/i;
const PARSERS: readonly (readonly [QueryLanguage, (text: string) => unknown])[] = [
  ['promql', parsePromql],
  ['logql', parseLogql],
  ['traceql', parseQuery],
];

/**
 * The only language in which the text is a query. Text without braces is PromQL, also where it is none: the server says best what is wrong
 * with it. Throws `ConfigError` where several would do, or none.
 */
export function subjectOf(text: string): QuerySubject {
  if (TRACE_ID.test(text)) return 'trace';
  if (!text.includes('{')) return 'promql';
  const possible = PARSERS.filter(([, parse]) => parses(text, parse)).map(([language]) => language);
  const [language, other] = possible;
  if (language === undefined)
    throw wrong(
      'this is no query in any of the languages: say which it is meant to be, as in trilite query logql',
    );
  if (other === undefined) return language;
  const choices = possible.map((name) => `trilite query ${name}`).join(' or ');
  throw wrong(`this could be a query in ${possible.length} languages: say which one with ${choices}`);
}

/** Whether a LogQL query makes numbers out of lines; false where it does not parse. */
export function isLogMetric(text: string): boolean {
  try {
    return parseLogql(text).kind !== 'log';
  } catch {
    return false;
  }
}

function parses(text: string, parse: (text: string) => unknown): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}
