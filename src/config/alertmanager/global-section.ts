/** `global` of an `alertmanager.yml`. */

import { RESOLVE_TIMEOUT_MS } from '../../alertmanager/alert.ts';
import { parseDuration } from '../../model/duration.ts';
import type { Warnings } from '../warnings.ts';
import type { YamlNode } from '../yaml-node.ts';

export interface GlobalConfig {
  readonly resolveTimeoutMs: number;
}

export function readGlobal(node: YamlNode | undefined, _warnings: Warnings): GlobalConfig {
  const fields = node?.fields(['resolve_timeout']);
  return {
    resolveTimeoutMs:
      fields?.read('resolve_timeout', (v) => v.parsed(parseDuration), RESOLVE_TIMEOUT_MS) ??
      RESOLVE_TIMEOUT_MS,
  };
}
