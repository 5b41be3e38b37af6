/**
 * Files of targets as a check reads them: each fault with its place. The server, which must live with files that change
 * under it, reads them in `scrape/discovery/file.ts`.
 */

import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import * as yaml from 'yaml';
import { jsonGroups } from '../scrape/discovery/target-groups.ts';
import type { TargetGroup } from '../scrape/target.ts';
import { ConfigError } from './config-error.ts';
import { readStringMap } from './node-values.ts';
import { parseYaml, type YamlNode } from './yaml-node.ts';

/** JSON by the file's ending, else YAML. Throws `ConfigError`. */
export function readTargetFile(file: string): TargetGroup[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
    // Places of JSON are nobody's business: it is rarely written by hand.
    if (extname(file).toLowerCase() === '.json') return jsonGroups(text);
  } catch (error) {
    throw new ConfigError(`${file}: ${(error as Error).message}`);
  }
  return parseYaml(yaml, file, text)?.list().map(readGroup) ?? [];
}

function readGroup(node: YamlNode): TargetGroup {
  const fields = node.fields(['targets', 'labels']);
  return {
    targets: fields.read('targets', (v) => v.strings(), []),
    labels: fields.read('labels', readLabels, {}),
  };
}

function readLabels(node: YamlNode): Record<string, string> {
  const labels = readStringMap(node);
  if (Object.hasOwn(labels, '')) node.fail('"" is not a valid label name');
  return labels;
}
