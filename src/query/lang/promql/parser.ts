/**
 * `parsePromql`: text to a checked syntax tree. The parser and lexer are made on first use (building chevrotain's
 * tables takes tens of milliseconds) and kept. Errors read `line:column: parse error: what`, as Prometheus says it.
 */

import { assert } from '../../../base/assert.ts';
import { TriliteError } from '../../../model/errors.ts';
import type { Matcher } from '../../../model/matcher.ts';
import { lexText } from '../base-parser.ts';
import { ByteOffsets, lineColumn } from '../position.ts';
import type { Expr } from './ast.ts';
import { checkPromql } from './check.ts';
import { faultMessage } from './fault-message.ts';
import { PromqlGrammar } from './grammar.ts';
import { createLexer, markKeywords } from './vocabulary.ts';

/** Longest query text in UTF-16 units; the largest a dashboard sends have some tens of thousands. */
const QUERY_MAX_CHARS = 1 << 20;

let lexer: ReturnType<typeof createLexer> | undefined;
let grammar: PromqlGrammar | undefined;

/** Throws `TriliteError` of kind `bad_data`, the span in bytes, where the text is not a well-typed query. */
export function parsePromql(text: string): Expr {
  if (text.length > QUERY_MAX_CHARS) {
    throw new TriliteError('bad_data', `query is longer than ${QUERY_MAX_CHARS} characters`);
  }
  return positioned(text, () => {
    const expr = parse(text, 'query');
    checkPromql(expr);
    return expr;
  });
}

/**
 * A bare series selector (`up{job="x"}`), as `match[]` has it; that it selects everything is no error here.
 * Throws as `parsePromql` does.
 */
export function parseSeriesSelector(text: string): readonly Matcher[] {
  const expr = positioned(text, () => parse(text, 'selector'));
  assert(expr.kind === 'vector_selector', 'the selector rule yields selectors');
  return expr.matchers;
}

/** Gives errors their line and column. */
function positioned<T>(text: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof TriliteError) || error.span === undefined) throw error;
    const { line, column } = lineColumn(text, error.span.start);
    throw new TriliteError(error.kind, `${line}:${column}: parse error: ${error.message}`, error.span);
  }
}

function parse(text: string, rule: 'query' | 'selector'): Expr {
  lexer ??= createLexer();
  grammar ??= new PromqlGrammar();
  const lexed = lexText(lexer, text);
  if (lexed.tokens.length === 0 && lexed.fault === undefined) {
    const message = 'unknown position: parse error: no expression found in input';
    throw new TriliteError('bad_data', message);
  }
  markKeywords(lexed.tokens);
  return grammar.parseText(text, lexed, grammar[rule], (fault) => {
    const { message, offset, end } = faultMessage(fault, text, lexed.tokens);
    const bytes = new ByteOffsets(text);
    throw new TriliteError('bad_data', message, { start: bytes.at(offset), end: bytes.at(end) });
  });
}
