/** `trilite.retention`: how long data is kept and how much of it, for all, by signal, by tenant, by selector. */

import { parseSelector } from './selector.ts';
import { type Config, type PerSignal, type Retention, SIGNALS } from './settings.ts';
import type { YamlNode } from './yaml-node.ts';

const RULE_SIGNALS = ['metrics', 'logs'] as const;
/** There is one tenant until requests can name another. */
const TENANT_DEFAULT = 0;

/** A duration for every signal, or a mapping. */
export function readRetention(node: YamlNode, base: Config): Pick<Config, 'retentionMs' | 'retention'> {
  if (!node.isMap) {
    const ms = node.durationMs();
    return { retentionMs: { metrics: ms, logs: ms, traces: ms }, retention: base.retention };
  }
  const fields = node.fields([...SIGNALS, 'size', 'budget', 'tenants', 'rules']);
  const duration = (value: YamlNode) => value.durationMs();
  const { retention } = base;
  return {
    retentionMs: {
      metrics: fields.read('metrics', duration, base.retentionMs.metrics),
      logs: fields.read('logs', duration, base.retentionMs.logs),
      traces: fields.read('traces', duration, base.retentionMs.traces),
    },
    retention: {
      sizeBytes: fields.read('size', (v) => readSome(v, (s) => s.sizeBytes()), retention.sizeBytes),
      budgetBytes: fields.read('budget', (v) => v.sizeBytes(), retention.budgetBytes),
      tenants: fields.read('tenants', readTenants, retention.tenants),
      rules: fields.read('rules', (v) => v.list().map(readRule), retention.rules),
    },
  };
}

/** A mapping that names some signals. */
function readSome(node: YamlNode, read: (value: YamlNode) => number): Partial<PerSignal> {
  const fields = node.fields(SIGNALS);
  const out: Partial<Record<(typeof SIGNALS)[number], number>> = {};
  for (const signal of SIGNALS) {
    const value = fields.get(signal);
    if (value) out[signal] = read(value);
  }
  return out;
}

function readTenants(node: YamlNode): Retention['tenants'] {
  const tenants: Record<number, Partial<PerSignal>> = {};
  for (const [key, value] of node.entries()) {
    if (key !== String(TENANT_DEFAULT)) {
      node.fail(`there is no tenant ${JSON.stringify(key)}: all data belongs to tenant ${TENANT_DEFAULT}`);
    }
    if (value) tenants[TENANT_DEFAULT] = readSome(value, (v) => v.durationMs());
  }
  return tenants;
}

function readRule(node: YamlNode): Retention['rules'][number] {
  const fields = node.fields(['signal', 'selector', 'keep', 'priority']);
  const matchers = fields.require('selector').parsed(parseSelector);
  return {
    signal: fields.require('signal').oneOf(RULE_SIGNALS),
    matchers: matchers.map((m) => m.toData()),
    keepMs: fields.require('keep').durationMs(),
    priority: fields.read('priority', (v) => v.count(), 0),
  };
}
