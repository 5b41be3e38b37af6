/**
 * What the three parsers share: running a chevrotain lexer and parser, and turning their first complaint into a
 * `SyntaxFault`, plain data from which each language words its own message. Nothing is recovered: the first
 * fault ends a parse.
 */

import {
  EmbeddedActionsParser,
  EOF,
  type ILexingError,
  type IRecognitionException,
  type IToken,
  type Lexer,
  type TokenType,
} from 'chevrotain';
import type { TextSpan } from '../../model/errors.ts';
import { ByteOffsets } from './position.ts';

/** Deepest nesting of expressions; a parser's stack must survive any text a user sends. */
export const NESTING_MAX = 400;

/** Where and why a text is not in the language. */
export interface SyntaxFault {
  readonly kind: 'lexical' | 'grammatical';
  /** UTF-16 offset of the offending text; the text's length at its end. */
  readonly offset: number;
  /** The token that does not fit; undefined at the end of the text and for lexical faults. */
  readonly token: IToken | undefined;
  /** The token before it. */
  readonly previous: IToken | undefined;
  /** Rules open at that place, outermost first. */
  readonly rules: readonly string[];
}

export interface LexedText {
  readonly tokens: IToken[];
  readonly fault: ILexingError | undefined;
}

export abstract class BaseParser extends EmbeddedActionsParser {
  #offsets = new ByteOffsets('');

  /** `validate` checks the grammar for ambiguities, which takes longer than building it: for tests. */
  constructor(vocabulary: readonly TokenType[], maxLookahead = 2, validate = false) {
    super([...vocabulary], {
      recoveryEnabled: false,
      maxLookahead,
      nodeLocationTracking: 'none',
      skipValidations: !validate,
    });
  }

  /**
   * Parses the whole text by `rule`. Returns what the rule's actions built, or the first fault by `onFault`,
   * which must throw. Errors that actions throw pass through.
   */
  parseText<T>(text: string, lexed: LexedText, rule: () => T, onFault: (fault: SyntaxFault) => never): T {
    this.#offsets = new ByteOffsets(text);
    this.input = lexed.tokens;
    const result = rule.call(this);
    const error = this.errors[0];
    if (error !== undefined) {
      const atEnd = error.token.tokenType === EOF || error.token.tokenTypeIdx === EOF.tokenTypeIdx;
      if (!(atEnd && lexed.fault)) onFault(grammatical(error, text, atEnd));
    }
    if (lexed.fault) onFault(lexical(lexed.fault, lexed.tokens, error?.context.ruleStack ?? []));
    return result;
  }

  /** The bytes from the start of one token to the end of another. */
  protected spanOf(first: IToken, last: IToken = first): TextSpan {
    return {
      start: this.#offsets.at(first.startOffset),
      end: this.#offsets.at(last.startOffset + last.image.length),
    };
  }
}

/** Runs the lexer up to its first fault. */
export function lexText(lexer: Lexer, text: string): LexedText {
  const { tokens, errors } = lexer.tokenize(text);
  const fault = errors[0];
  return { tokens: fault ? tokens.filter((t) => t.startOffset < fault.offset) : tokens, fault };
}

function grammatical(error: IRecognitionException, text: string, atEnd: boolean): SyntaxFault {
  const previous = 'previousToken' in error ? (error.previousToken as IToken) : undefined;
  return {
    kind: 'grammatical',
    offset: atEnd ? text.length : error.token.startOffset,
    token: atEnd ? undefined : error.token,
    previous,
    rules: error.context.ruleStack,
  };
}

function lexical(error: ILexingError, tokens: readonly IToken[], rules: readonly string[]): SyntaxFault {
  return { kind: 'lexical', offset: error.offset, token: undefined, previous: tokens.at(-1), rules };
}
