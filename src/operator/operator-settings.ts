/** What a configuration says of reading the Prometheus Operator's resources, as plain data with every default filled in. */

import type { ClusterAccess } from '../kube/cluster.ts';
import type { LabelSelector } from './resources.ts';

/** Which resources of a kind are meant, of the namespaces that are looked at. Empty selectors take everything. */
export interface ResourceSelection {
  readonly selector: LabelSelector;
  /** By the namespace's labels. */
  readonly namespaceSelector: LabelSelector;
}

export interface OperatorSettings {
  readonly enabled: boolean;
  /** Undefined: the cluster of the pod this runs in. */
  readonly cluster: ClusterAccess | undefined;
  /** Names; none: all. */
  readonly namespaces: readonly string[];
  readonly serviceMonitors: ResourceSelection;
  readonly podMonitors: ResourceSelection;
  readonly probes: ResourceSelection;
  readonly scrapeConfigs: ResourceSelection;
  readonly rules: ResourceSelection;
  /** Which role of discovery finds the targets of services, where a monitor does not say. */
  readonly endpointsRole: 'endpoints' | 'endpointslice';
  /** Whose resources may name files of this machine, beside those of the namespace this runs in. `*`: all. */
  readonly fileAccessNamespaces: readonly string[];
}

const EVERYTHING: ResourceSelection = { selector: {}, namespaceSelector: {} };

export const DEFAULT_OPERATOR: OperatorSettings = {
  enabled: false,
  cluster: undefined,
  namespaces: [],
  serviceMonitors: EVERYTHING,
  podMonitors: EVERYTHING,
  probes: EVERYTHING,
  scrapeConfigs: EVERYTHING,
  rules: EVERYTHING,
  endpointsRole: 'endpoints',
  fileAccessNamespaces: [],
};

/** As `spec.scrapeInterval` of the resource `Prometheus` has it, where `global:` does not say. */
export const MONITOR_INTERVAL_MS = 30_000;
