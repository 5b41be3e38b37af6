/**
 * Files of targets as a check reads them: strictly, each fault with its place. The server, which must live with files that
 * change under it, reads them in `scrape/discovery/file.ts`.
 */

import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import * as yaml from 'yaml';
import type { TargetGroup } from '../scrape/target.ts';
import { ConfigError } from './config-error.ts';
import { readStringMap } from './node-values.ts';
import { parseYaml } from './yaml-node.ts';

/** Throws `ConfigError`. */
export function readTargetFile(file: string): TargetGroup[] {
  const kind = extname(file);
  if (!['.json', '.yml', '.yaml'].includes(kind.toLowerCase())) {
    throw new ConfigError(`invalid file extension: ${JSON.stringify(kind)}`);
  }
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
    if (kind.toLowerCase() === '.json') JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`${file}: ${(error as Error).message}`);
  }
  // JSON is YAML, and this parser knows the places.
  const root = parseYaml(yaml, file, text);
  if (!root) return [];
  return root.list().map((item) => {
    const fields = item.fields(['targets', 'labels']);
    return {
      targets: fields.read('targets', (v) => v.strings(), []),
      labels: fields.read('labels', readStringMap, {}),
    };
  });
}
