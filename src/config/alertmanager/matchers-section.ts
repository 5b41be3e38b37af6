/** Matchers of routes and inhibition rules: lists of texts in either grammar, and the older mappings of names to values or patterns. */

import { parseMatchers } from '../../alertmanager/matcher-text.ts';
import { sortMatchers } from '../../alertmanager/route-tree.ts';
import type { MatcherText } from '../../alertmanager/silence.ts';
import { compileSearch } from '../../model/regex.ts';
import type { Fields, YamlNode } from '../yaml-node.ts';

const CLASSIC_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Under these keys of the section. */
export interface MatcherKeys {
  readonly equal: string;
  readonly pattern: string;
  readonly matchers: string;
}

/** All that the section has, in the original's order. */
export function readMatchers(fields: Fields, keys: MatcherKeys): readonly MatcherText[] {
  return sortMatchers([
    ...fields.read(keys.equal, readEqual, []),
    ...fields.read(keys.pattern, readPatterns, []),
    ...fields.read(keys.matchers, readTexts, []),
  ]);
}

function readTexts(node: YamlNode): MatcherText[] {
  return node.list().flatMap((item) => item.parsed(parseMatchers).map(plain));
}

function plain({ type, name, value }: MatcherText): MatcherText {
  return { type, name, value };
}

function readEqual(node: YamlNode): MatcherText[] {
  return node.entries().map(([name, value]) => {
    checkName(node, name);
    return { type: '=', name, value: value?.string() ?? '' };
  });
}

function readPatterns(node: YamlNode): MatcherText[] {
  return node.entries().map(([name, value]) => {
    checkName(node, name);
    if (!value) return node.fail(`invalid regexp value for ${JSON.stringify(name)}`);
    value.parsed((text) => compileSearch(`^(?:${text})$`));
    return { type: '=~', name, value: value.string() };
  });
}

function checkName(node: YamlNode, name: string): void {
  if (!CLASSIC_NAME.test(name)) node.fail(`invalid label name ${JSON.stringify(name)}`);
}
