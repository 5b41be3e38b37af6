/** Rules out of few words, for tests of what they do. */

import { Telemetry } from '../../../src/base/telemetry.ts';
import type { ProcessorAction, ProcessorRule } from '../../../src/ingest/process/process-config.ts';
import { ProcessTelemetry } from '../../../src/ingest/process/process-telemetry.ts';
import { ProcessorSet } from '../../../src/ingest/process/processor-set.ts';
import type { RuleSet } from '../../../src/ingest/process/rule-set.ts';
import type { Signal } from '../../../src/storage/interface.ts';

export function rule(
  actions: readonly ProcessorAction[],
  where: Readonly<Record<string, string>> = {},
): ProcessorRule {
  return {
    signals: ['metrics', 'logs', 'traces'],
    where: Object.entries(where).map(([name, pattern]) => ({ name, pattern })),
    tenants: undefined,
    actions,
  };
}

export const drop = (...names: string[]): ProcessorAction => ({ kind: 'drop', names });
export const keep = (...names: string[]): ProcessorAction => ({ kind: 'keep', names });
export const rename = (from: string, to: string): ProcessorAction => ({ kind: 'rename', from, to });
export const hash = (...names: string[]): ProcessorAction => ({ kind: 'hash', names, key: { value: 'k' } });
export const dropItem: ProcessorAction = { kind: 'drop_item' };

export function set(
  name: string,
  value: string,
  { place = 'resource', ifMissing = false }: { place?: 'resource' | 'item'; ifMissing?: boolean } = {},
): ProcessorAction {
  return { kind: 'set', name, value, ifMissing, place };
}

export function redact(
  reach: 'text' | 'values',
  pattern: string,
  { names, replacement = '****' }: { names?: string[]; replacement?: string } = {},
): ProcessorAction {
  return { kind: 'redact', reach, names, pattern, replacement };
}

export function ruleSet(signal: Signal, ...rules: ProcessorRule[]): RuleSet {
  return new ProcessorSet(rules).of(signal, 'fake')!;
}

export function processTelemetry(): ProcessTelemetry {
  return new ProcessTelemetry(new Telemetry());
}

/** No text that tests make up otherwise has it. */
export const SECRET = 'Zs3cr3tQ';
