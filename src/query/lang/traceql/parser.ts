/**
 * TraceQL's grammar. The text becomes tokens, the tokens a loose tree (`raw.ts`), that the typed tree
 * (`shape.ts`), which is checked and its constants folded (`check.ts`). The parser is made when first used and
 * kept. Any fault ends in a `TriliteError` of kind `bad_data` that says line and column.
 */

import { Lexer } from 'chevrotain';
import { TriliteError } from '../../../model/errors.ts';
import { lexText, type SyntaxFault } from '../base-parser.ts';
import { ByteOffsets, lineColumn } from '../position.ts';
import { reclassify } from '../tokens.ts';
import type { Query, Reference } from './ast.ts';
import { checkQuery } from './check.ts';
import { Fault } from './fault.ts';
import { TraceqlParser } from './grammar.ts';
import { shapeQuery } from './shape.ts';
import { Identifier, KEYWORDS, LEXED } from './tokens.ts';

let parser: TraceqlParser | undefined;
let lexer: Lexer | undefined;

/** Builds the grammar with chevrotain's checks, which throw where it is ambiguous: for tests. */
export function validateGrammar(): void {
  new TraceqlParser(true);
}

function run<T>(
  text: string,
  rule: (parser: TraceqlParser) => () => T,
  then: (value: T) => unknown,
): unknown {
  lexer ??= new Lexer(LEXED, { ensureOptimizations: false, positionTracking: 'onlyOffset' });
  parser ??= new TraceqlParser();
  const instance = parser;
  try {
    const lexed = lexText(lexer, text);
    reclassify(lexed.tokens, Identifier, KEYWORDS, false);
    const value = instance.parseText(text, lexed, rule(instance), (fault) => {
      throw new Fault(describe(fault), fault.offset);
    });
    return then(value);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const start = new ByteOffsets(text).at(error.at);
    const { line, column } = lineColumn(text, start);
    throw new TriliteError('bad_data', `parse error at line ${line}, col ${column}: ${error.message}`, {
      start,
      end: start,
    });
  }
}

function describe(fault: SyntaxFault): string {
  if (fault.kind === 'lexical') return 'syntax error: unexpected character or unfinished string';
  if (fault.token === undefined) return 'syntax error: unexpected end of query';
  if (fault.token.tokenType === Identifier) return `unknown identifier: ${fault.token.image}`;
  return `syntax error: unexpected ${fault.token.image}`;
}

/** Parses and checks a whole query. Throws `TriliteError` (`bad_data`) whose message begins `parse error at line`. */
export function parseQuery(text: string): Query {
  return run(
    text,
    (p) => p.query,
    (raw) => checkQuery(shapeQuery(raw)),
  ) as Query;
}

/** Parses one attribute or intrinsic, as in the path of tag-value requests. */
export function parseReference(text: string): Reference {
  return run(
    text,
    (p) => p.reference,
    (reference) => reference,
  ) as Reference;
}
