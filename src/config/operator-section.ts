/** `trilite.kubernetes`: the cluster whose resources of the Prometheus Operator are read, and which of them. */

import type { ClusterAccess } from '../kube/cluster.ts';
import { checkSelector } from '../operator/label-selector.ts';
import {
  DEFAULT_OPERATOR,
  type OperatorSettings,
  type ResourceSelection,
} from '../operator/operator-settings.ts';
import type { LabelRequirement, LabelSelector } from '../operator/resources.ts';
import type { ScrapeConfig } from '../scrape/scrape-config.ts';
import { HTTP_CLIENT_KEYS } from './http-client-section.ts';
import { readAccess } from './kubernetes-discovery-section.ts';
import { readStringMap } from './node-values.ts';
import type { Warnings } from './warnings.ts';
import type { Fields, YamlNode } from './yaml-node.ts';

const OPERATOR_KEYS: readonly string[] = [
  ...['enabled', 'namespaces', 'scrape_interval', 'scrape_timeout', 'service_discovery_role'],
  ...['service_monitor_selector', 'service_monitor_namespace_selector'],
  ...['pod_monitor_selector', 'pod_monitor_namespace_selector'],
  ...['probe_selector', 'probe_namespace_selector'],
  ...['scrape_config_selector', 'scrape_config_namespace_selector'],
  ...['rule_selector', 'rule_namespace_selector', 'file_access_namespaces'],
];

/** A name of a namespace, or `*` where all may be meant. */
const NAMESPACE = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

export interface KubernetesSection {
  readonly operator: OperatorSettings;
  /** What jobs of monitors begin with. */
  readonly monitorDefaults: ScrapeConfig;
}

/** `defaults` is what `global:` says of jobs. */
export function readKubernetes(
  node: YamlNode,
  defaults: ScrapeConfig,
  warnings: Warnings,
): KubernetesSection {
  const fields = node.fields(['api_server', 'kubeconfig_file', 'operator', ...HTTP_CLIENT_KEYS]);
  const cluster = readAccess(fields, false, warnings);
  const operator = fields.get('operator')?.fields(OPERATOR_KEYS);
  if (!operator) return { operator: { ...DEFAULT_OPERATOR, cluster }, monitorDefaults: defaults };
  return {
    operator: readOperator(operator, cluster),
    monitorDefaults: readIntervals(operator, defaults),
  };
}

function readOperator(fields: Fields, cluster: ClusterAccess): OperatorSettings {
  const d = DEFAULT_OPERATOR;
  const role = fields.get('service_discovery_role')?.oneOf(['Endpoints', 'EndpointSlice']);
  return {
    // Who says what is to be read wants it read.
    enabled: fields.read('enabled', (v) => v.boolean(), true),
    cluster,
    namespaces: fields.read('namespaces', (v) => readNamespaces(v, false), d.namespaces),
    serviceMonitors: readSelection(fields, 'service_monitor'),
    podMonitors: readSelection(fields, 'pod_monitor'),
    probes: readSelection(fields, 'probe'),
    scrapeConfigs: readSelection(fields, 'scrape_config'),
    rules: readSelection(fields, 'rule'),
    endpointsRole: role === 'EndpointSlice' ? 'endpointslice' : d.endpointsRole,
    fileAccessNamespaces: fields.read(
      'file_access_namespaces',
      (v) => readNamespaces(v, true),
      d.fileAccessNamespaces,
    ),
  };
}

function readIntervals(fields: Fields, defaults: ScrapeConfig): ScrapeConfig {
  const duration = (key: string) => fields.read(key, (v) => v.durationMs(), 0);
  const interval = duration('scrape_interval') || defaults.scrapeIntervalMs;
  const timeout = duration('scrape_timeout') || Math.min(defaults.scrapeTimeoutMs, interval);
  if (timeout > interval) {
    fields.require('scrape_timeout').fail('the scrape timeout is greater than the scrape interval');
  }
  return { ...defaults, scrapeIntervalMs: interval, scrapeTimeoutMs: timeout };
}

function readNamespaces(node: YamlNode, takesAll: boolean): string[] {
  return node.list().map((item) => {
    const name = item.string();
    const isGood = NAMESPACE.test(name) || (takesAll && name === '*');
    return isGood ? name : item.fail(`${JSON.stringify(name)} is no name of a namespace`);
  });
}

function readSelection(fields: Fields, what: string): ResourceSelection {
  return {
    selector: fields.read(`${what}_selector`, readSelector, {}),
    namespaceSelector: fields.read(`${what}_namespace_selector`, readSelector, {}),
  };
}

/** With the keys that it has in every resource of a cluster. */
function readSelector(node: YamlNode): LabelSelector {
  const fields = node.fields(['matchLabels', 'matchExpressions']);
  const selector = {
    matchLabels: fields.read('matchLabels', readStringMap, {}),
    matchExpressions: fields.read('matchExpressions', (v) => v.list().map(readRequirement), []),
  };
  try {
    checkSelector(selector);
  } catch (error) {
    node.fail((error as Error).message);
  }
  return selector;
}

function readRequirement(node: YamlNode): LabelRequirement {
  const fields = node.fields(['key', 'operator', 'values']);
  return {
    key: fields.require('key').string(),
    operator: fields.require('operator').string(),
    values: fields.read('values', (v) => v.strings(), []),
  };
}
