/**
 * What the editor colours: one tokenizer for the three languages, which differ in their words. It is for the eye only;
 * whether a query is right, the server says.
 */

import { StreamLanguage, type StreamParser, type StringStream } from '@codemirror/language';

export interface LanguageWords {
  readonly keywords: readonly string[];
  readonly functions: readonly string[];
}

const NUMBER = /^(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:e[+-]?\d+)?(?:ms|[yYwdhmsunµ]?s?|[kKMGTP]i?B)*)\b/i;
const WORD = /^[a-zA-Z_][\w.]*/;
const OPERATOR = /^(?:[!=<>]=?~?|\|[=~>]?|[-+*/%^&]+|!~|!>)/;

export function queryLanguage({ keywords, functions }: LanguageWords): StreamLanguage<unknown> {
  const isKeyword = new Set(keywords);
  const isFunction = new Set(functions);
  const parser: StreamParser<unknown> = {
    token(stream) {
      if (stream.eatSpace()) return null;
      if (stream.match('#')) {
        stream.skipToEnd();
        return 'comment';
      }
      const quote = stream.peek();
      if (quote === '"' || quote === "'" || quote === '`') return string(stream, quote);
      if (stream.match(NUMBER)) return 'number';
      const word = stream.match(WORD) as RegExpMatchArray | null;
      if (word) {
        if (isKeyword.has(word[0])) return 'keyword';
        if (isFunction.has(word[0]) && stream.match(/^\s*(\(|by\b|without\b)/, false))
          return 'variableName.function';
        if (stream.match(/^\s*(=|!=|=~|!~)/, false)) return 'propertyName';
        return 'variableName';
      }
      if (stream.match(OPERATOR)) return 'operator';
      stream.next();
      return null;
    },
  };
  return StreamLanguage.define(parser);
}

function string(stream: StringStream, quote: string): string {
  stream.next();
  while (!stream.eol()) {
    const next = stream.next();
    if (next === '\\' && quote !== '`') stream.next();
    else if (next === quote) break;
  }
  return 'string';
}
