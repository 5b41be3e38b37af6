/**
 * Label selectors as the configuration has them, where the query languages are out of reach: `{a="x", b=~"y.*"}`,
 * with a metric's name in front where one likes (`up{job="x"}`).
 */

import { TriliteError } from '../model/errors.ts';
import { unquote } from '../model/go-string.ts';
import { Matcher, type MatchType } from '../model/matcher.ts';
import { ConfigError } from './config-error.ts';

const NAME = /\s*([a-zA-Z_:][a-zA-Z0-9_:]*)?\s*/y;
const MATCHER =
  /\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)\s*/y;

/** Throws `ConfigError`: it needs a name or a matcher that does not match the empty value. */
export function parseSelector(text: string): readonly Matcher[] {
  const expected = (what: string, at: number): never => {
    throw new ConfigError(`expected ${what} at character ${at + 1} of ${JSON.stringify(text)}`);
  };
  NAME.lastIndex = 0;
  const name = NAME.exec(text)?.[1];
  const matchers = name ? [new Matcher('=', '__name__', name)] : [];
  let at = NAME.lastIndex;
  if (at < text.length) {
    if (text[at] !== '{') expected('a selector such as {namespace="dev"}', at);
    at++;
    while (!/^\s*\}/.test(text.slice(at))) {
      MATCHER.lastIndex = at;
      const found = MATCHER.exec(text) ?? expected('a matcher such as namespace="dev"', at);
      matchers.push(matcherOf(found[2] as MatchType, found[1]!, found[3]!));
      at = MATCHER.lastIndex;
      if (text[at] === ',') at++;
      else if (text[at] !== '}') expected('"," or "}"', at);
    }
    at = text.indexOf('}', at) + 1;
    if (text.slice(at).trim() !== '') expected('the end', at);
  }
  if (matchers.every((m) => m.matchesEmpty)) {
    throw new ConfigError(
      `${JSON.stringify(text)} selects everything; set the retention of the signal instead`,
    );
  }
  return matchers;
}

function matcherOf(type: MatchType, name: string, literal: string): Matcher {
  try {
    return new Matcher(type, name, unquote(literal));
  } catch (error) {
    if (error instanceof TriliteError) throw new ConfigError(error.message);
    throw error;
  }
}
