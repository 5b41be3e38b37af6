/**
 * Files of service level objectives: ours, Sloth's (`version: prometheus/v1`) and Sloth's resource for Kubernetes, several documents
 * in one where one likes. What is wrong is told with file, line and column.
 */

import * as yaml from 'yaml';
import { DAY_MS } from '../model/duration.ts';
import type { FileGroups } from '../rules/check-file.ts';
import type { GroupDefinition } from '../rules/rule-group.ts';
import { type SloOrigin, sloId } from '../slo/slo.ts';
import { type SloGroup, type SloRule, sloGroups } from '../slo/slo-rules.ts';
import { ConfigError } from './config-error.ts';
import { readObjectives } from './slo-objective-yaml.ts';
import { readServiceLevel, readSlothSpec } from './slo-sloth-yaml.ts';
import type { ReadSlo } from './slo-values.ts';
import { parseYamlDocuments, type YamlNode } from './yaml-node.ts';

const DEFAULT_WINDOW_MS = 30 * DAY_MS;

export interface SloFileOptions {
  /** For whoever reads the info series. */
  readonly version: string;
  /** Of files that say none. */
  readonly windowMs?: number | undefined;
  /** Added to those of every objective, before whose own they go. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/**
 * The rules of all objectives; groups without rules are left out. Throws `ConfigError` with the first fault of the file's form; whether
 * the queries are any is for `checkRuleFile` to say, which tells of faults where `position` points.
 */
export function parseSloFile(file: string, text: string, options: SloFileOptions): FileGroups {
  const documents = parseYamlDocuments(yaml, file, text);
  if (documents.length === 0) throw new ConfigError(`${file}:1:1: the file is empty`);
  const seen = new Map<string, YamlNode>();
  const found: { readonly group: SloGroup; readonly read: ReadSlo }[] = [];
  for (const root of documents) {
    const { slos, origin } = readDocument(root, options);
    for (const read of slos) {
      const id = sloId(read.slo);
      const before = seen.get(id);
      if (before)
        read.node.fail(`the objective ${JSON.stringify(id)} is there twice, first in line ${before.line}`);
      seen.set(id, read.node);
      const slo = { ...read.slo, labels: { ...read.slo.labels, ...options.labels } };
      for (const group of sloGroups(slo, origin)) if (group.rules.length > 0) found.push({ group, read });
    }
  }
  return {
    groups: found.map(({ group }) => definition(group)),
    position: (group, { key }) => {
      const { read } = found[group]!;
      const { position } = key === 'expr' ? read.indicator : read.node;
      return position.slice(file.length + 1);
    },
  };
}

function readDocument(
  root: YamlNode,
  { version, windowMs = DEFAULT_WINDOW_MS }: SloFileOptions,
): { readonly slos: readonly ReadSlo[]; readonly origin: SloOrigin } {
  const { apiVersion, kind, version: form } = headOf(root);
  if (kind === 'PrometheusServiceLevel') {
    const origin = { version, mode: 'cli-gen-k8s', spec: apiVersion ?? '' };
    return { slos: readServiceLevel(root, windowMs), origin };
  }
  if (kind !== undefined || apiVersion !== undefined) {
    root.fail(`a resource of kind PrometheusServiceLevel is expected, not ${kind ?? 'one without a kind'}`);
  }
  if (form === 'prometheus/v1') {
    return { slos: readSlothSpec(root, windowMs), origin: { version, mode: 'cli-gen-prom', spec: form } };
  }
  if (form !== undefined)
    root.fail(`the version ${JSON.stringify(form)} is not known; Sloth's is prometheus/v1`);
  return { slos: readObjectives(root, windowMs), origin: { version, mode: 'trilite', spec: 'trilite' } };
}

/** The keys by which one form is told from another. */
function headOf(root: YamlNode): { apiVersion?: string; kind?: string; version?: string } {
  const known = root.known(['apiVersion', 'kind', 'version']);
  const text = (key: 'apiVersion' | 'kind' | 'version') => {
    const value = known.get(key);
    return value && { [key]: value.string() };
  };
  return { ...text('apiVersion'), ...text('kind'), ...text('version') };
}

function definition({ name, rules }: SloGroup): GroupDefinition {
  return { name, intervalMs: 0, limit: 0, labels: {}, rules: rules.map(ruleDefinition) };
}

function ruleDefinition(rule: SloRule): GroupDefinition['rules'][number] {
  return { ...rule, forMs: 0, keepFiringForMs: 0 };
}
