/** Parsing LogQL: text to a checked tree, errors with position and expectation. */

import type { IRecognitionException, IToken } from 'chevrotain';
import { TriliteError } from '../../../model/errors.ts';
import type { LogExpr, LogqlExpr } from './ast.ts';
import { checkStages, type ParsedExpr, resolve } from './check.ts';
import { LogqlGrammar, MissingRange } from './grammar.ts';
import * as T from './lexer.ts';

function tokenName(token: IToken): string {
  const type = token.tokenType;
  if (type.name === 'EOF') return '$end';
  if (type === T.RangeFn || type === T.VectorFn || type === T.ConversionFn) return token.image.toUpperCase();
  return type.LABEL ?? type.name;
}

function describe(text: string, token: IToken, expecting: string): string {
  const end = tokenName(token) === '$end';
  if (end && text === '') return 'parse error : syntax error: unexpected $end';
  const start = end ? text.length : token.startOffset;
  const message = `syntax error: unexpected ${tokenName(token)}${expecting}`;
  return T.syntaxError(text, start, start, message).message;
}

function fromException(text: string, error: IRecognitionException): TriliteError {
  // Chevrotain says what it expected in its message only.
  const expected = /^Expecting --> (\S+) <--/.exec(error.message)?.[1];
  const expecting = expected === undefined ? '' : `, expecting ${expected}`;
  const token = error.token;
  const start = Number.isFinite(token.startOffset) ? token.startOffset : text.length;
  const end = Number.isFinite(token.endOffset) ? token.endOffset! + 1 : text.length;
  return new TriliteError('bad_data', describe(text, token, expecting), {
    start: Buffer.byteLength(text.slice(0, start)),
    end: Buffer.byteLength(text.slice(0, end)),
  });
}

/**
 * Parentheses open at once, and operators and label filters in one query: both become levels of the tree, which is
 * walked by recursion.
 */
const NESTING_MAX = 200;
const OPERATORS_MAX = 1000;
/** Stages of all pipelines of a query: each is run over every line, and what each knows is held. */
const STAGES_MAX = 1000;

function checkDepth(tokens: readonly IToken[]): void {
  let open = 0;
  let operators = 0;
  let stages = 0;
  for (const { tokenType } of tokens) {
    if (tokenType === T.OpenParen) open++;
    else if (tokenType === T.CloseParen) open--;
    else if (T.OPERATOR_TOKENS.has(tokenType)) operators++;
    else if (tokenType === T.Pipe || tokenType === T.LineFilterOpToken) stages++;
    if (open > NESTING_MAX || operators > OPERATORS_MAX) {
      throw new TriliteError('bad_data', 'parse error : query is nested too deeply');
    }
    if (stages > STAGES_MAX) throw new TriliteError('bad_data', 'parse error : query has too many stages');
  }
}

let instance: LogqlGrammar | undefined;

/**
 * Parses and checks a query. Throws `TriliteError` (`bad_data`): `parse error at line L, col C: …` where the
 * grammar is violated, `parse error : …` where a static rule is.
 */
export function parseLogql(text: string): LogqlExpr {
  return resolve(parseTree(text));
}

/**
 * A selector, perhaps with stages, that may select everything, as delete requests take it. Throws as `parseLogql` does,
 * and where the text is a metric query.
 */
export function parseUncheckedSelector(text: string): LogExpr {
  const parsed = parseTree(text);
  if (parsed.kind !== 'log') throw new TriliteError('bad_data', 'only log selector is supported');
  checkStages(parsed);
  return parsed;
}

function parseTree(text: string): ParsedExpr {
  const tokens: IToken[] = [];
  let fault: unknown;
  try {
    T.tokenize(text, tokens);
  } catch (error) {
    fault = error;
  }
  checkDepth(tokens);
  instance ??= new LogqlGrammar();
  const parser = instance;
  parser.input = tokens;
  let parsed: ParsedExpr;
  try {
    parsed = parser.query();
  } catch (error) {
    if (!(error instanceof MissingRange)) throw fault ?? error;
    if (fault !== undefined && tokenName(error.token) === '$end') throw fault;
    throw new TriliteError('bad_data', describe(text, error.token, ', expecting RANGE'));
  }
  const error = parser.errors[0];
  // What is no token is told of where the grammar came as far as there.
  if (fault !== undefined && (error === undefined || tokenName(error.token) === '$end')) throw fault;
  if (error) throw fromException(text, error);
  return parsed;
}
