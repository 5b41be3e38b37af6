/** `trilite.retention`: how long data is kept and how much of it, for all, by signal, by tenant, by selector. */

import { TriliteError } from '../model/errors.ts';
import { parseTenant } from '../model/tenant.ts';
import { tenantMatcher } from '../storage/tenant/tenant-view.ts';
import { parseSelector } from './selector.ts';
import { type Config, type PerSignal, type Retention, SIGNALS } from './settings.ts';
import type { YamlNode } from './yaml-node.ts';

const RULE_SIGNALS = ['metrics', 'logs'] as const;
/** Below every rule that a person writes: those speak of single streams. */
const TENANT_PRIORITY = -1;

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
      rules: [
        ...fields.read('rules', (v) => v.list().map(readRule), retention.rules),
        ...fields.read('tenants', readTenants, []),
      ],
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

/** A tenant's series are told by their label, so that an age for them is a rule. */
function readTenants(node: YamlNode): Retention['rules'] {
  return node.entries().flatMap(([tenant, value]) => {
    checkTenant(node, tenant);
    const matchers = [tenantMatcher([tenant]).toData()];
    const fields = value?.fields(RULE_SIGNALS);
    return RULE_SIGNALS.flatMap((signal) => {
      const keepMs = fields?.get(signal)?.durationMs();
      return keepMs === undefined ? [] : [{ signal, matchers, keepMs, priority: TENANT_PRIORITY }];
    });
  });
}

function checkTenant(node: YamlNode, tenant: string): void {
  try {
    if (parseTenant(tenant) === tenant) return;
  } catch (error) {
    if (!(error instanceof TriliteError)) throw error;
    node.fail(error.message);
  }
  node.fail(`expected the id of a tenant, got ${JSON.stringify(tenant)}`);
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
