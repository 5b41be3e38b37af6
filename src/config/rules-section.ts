/** `trilite.rules`: files of rule groups, by the language of their expressions; and finding the files. */

import { globSync, readFileSync } from 'node:fs';
import { RULE_LANGUAGES } from '../rules/rule-group.ts';
import { ConfigError } from './config-error.ts';
import type { RuleSource } from './settings.ts';
import type { YamlNode } from './yaml-node.ts';

export function readRuleSources(node: YamlNode): RuleSource[] {
  return node.list().map((item) => {
    const fields = item.fields(['language', 'files']);
    return {
      language: fields.require('language').oneOf(RULE_LANGUAGES),
      files: fields
        .require('files')
        .list()
        .map((file) => ({ pattern: file.filePath(), position: file.position })),
    };
  });
}

export interface RuleFile {
  readonly file: string;
  readonly text: string;
}

/** The files of a source, each once, in the order of their names within a glob. Throws `ConfigError`. */
export function readRuleFiles({ files }: RuleSource): RuleFile[] {
  const found = new Set<string>();
  for (const { pattern, position } of files) {
    const matches = globSync(pattern).sort();
    // A glob may well match nothing yet; a plain name is meant.
    if (matches.length === 0 && !/[*?[{]/.test(pattern)) {
      throw new ConfigError(`${position}: there is no file ${pattern}`);
    }
    for (const match of matches) found.add(match);
  }
  return [...found].map((file) => ({ file, text: readText(file) }));
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`cannot read ${file}: ${(error as Error).message}`);
  }
}
