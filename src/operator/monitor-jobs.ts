/**
 * ServiceMonitors and PodMonitors as scrape jobs: for each endpoint the job that the Prometheus Operator would write into Prometheus'
 * configuration, key by key, to be read as one that stands there. Sharding, scrape classes and enforced limits are of the resource
 * `Prometheus`, which is not read.
 */

import { defined, type YamlFields } from './client-fields.ts';
import {
  clientOf,
  type JobSettings,
  limitFields,
  metricRules,
  namespaceFields,
  protocolFields,
  refuseScrapeClass,
  said,
  within,
} from './job-fields.ts';
import { checkSelector, selectorText } from './label-selector.ts';
import {
  containerPortRules,
  copiedLabels,
  endpointRules,
  JOB_NAME_RULE,
  jobLabelRules,
  RUNNING_RULE,
  selectorRules,
  takenOver,
  userRules,
} from './monitor-relabelings.ts';
import type { References } from './references.ts';
import type { Endpoint, MonitorSpec, PlacedMeta, PodMonitor, ServiceMonitor } from './resources.ts';

/** A job's keys and values, `job_name` first. Throws `bad_data`, or `PendingReference`. */
export function serviceMonitorJobs(
  monitor: ServiceMonitor,
  references: References,
  settings: JobSettings,
): YamlFields[] {
  const { metadata, spec } = monitor;
  checkMonitor(spec);
  const role = endpointsRole(spec.serviceDiscoveryRole, settings);
  const jobs = (spec.endpoints ?? []).map((endpoint, i) =>
    within(`endpoints[${i}]`, () => ({
      ...jobFields(`serviceMonitor/${metadata.namespace}/${metadata.name}/${i}`, spec, endpoint),
      ...discoveryFields(metadata, spec, role, [role, 'service']),
      ...clientOf(endpoint, metadata.namespace, references, settings),
      relabel_configs: serviceRules(monitor, endpoint, role),
      ...metricRules(endpoint.metricRelabelings),
      ...limitFields(spec),
    })),
  );
  references.settled();
  return jobs;
}

/** A job's keys and values, `job_name` first. Throws `bad_data`, or `PendingReference`. */
export function podMonitorJobs(
  monitor: PodMonitor,
  references: References,
  settings: JobSettings,
): YamlFields[] {
  const { metadata, spec } = monitor;
  checkMonitor(spec);
  const jobs = (spec.podMetricsEndpoints ?? []).map((endpoint, i) =>
    within(`podMetricsEndpoints[${i}]`, () => ({
      ...jobFields(`podMonitor/${metadata.namespace}/${metadata.name}/${i}`, spec, endpoint),
      ...discoveryFields(metadata, spec, 'pod', ['pod']),
      ...clientOf(endpoint, metadata.namespace, references, settings),
      relabel_configs: podRules(monitor, endpoint),
      ...metricRules(endpoint.metricRelabelings),
      ...limitFields(spec),
    })),
  );
  references.settled();
  return jobs;
}

function checkMonitor({ selector = {}, ...spec }: MonitorSpec): void {
  checkSelector(selector);
  refuseScrapeClass(spec);
}

function endpointsRole(own: string | undefined, { endpointsRole: role }: JobSettings): string {
  if (own === undefined) return role;
  return own === 'EndpointSlice' ? 'endpointslice' : 'endpoints';
}

function jobFields(name: string, spec: MonitorSpec, endpoint: Endpoint): YamlFields {
  return {
    job_name: name,
    honor_labels: endpoint.honorLabels ?? false,
    ...defined('honor_timestamps', endpoint.honorTimestamps),
    ...defined('track_timestamps_staleness', endpoint.trackTimestampsStaleness),
    ...said('scrape_interval', endpoint.interval),
    ...said('scrape_timeout', endpoint.scrapeTimeout),
    ...said('metrics_path', endpoint.path),
    ...defined('params', endpoint.params),
    ...said('scheme', endpoint.scheme?.toLowerCase()),
    ...protocolFields(spec),
  };
}

function discoveryFields(
  { namespace }: PlacedMeta,
  { namespaceSelector, attachMetadata, selector = {}, selectorMechanism }: MonitorSpec,
  role: string,
  selectedRoles: readonly string[],
): YamlFields {
  const label = selectorText(selector);
  const isByRole = selectorMechanism === 'RoleSelector';
  const discovery = {
    role,
    ...namespaceFields(namespaceSelector, namespace),
    ...(attachMetadata && { attach_metadata: { node: attachMetadata.node ?? false } }),
    ...(isByRole && { selectors: selectedRoles.map((selected) => ({ role: selected, label })) }),
  };
  return { kubernetes_sd_configs: [discovery] };
}

function isByRelabelling({ selectorMechanism }: MonitorSpec): boolean {
  return selectorMechanism !== 'RoleSelector';
}

function podRules({ metadata, spec }: PodMonitor, endpoint: Endpoint): YamlFields[] {
  const { port, portNumber, targetPort } = endpoint;
  return [
    JOB_NAME_RULE,
    ...(endpoint.filterRunning === false ? [] : [RUNNING_RULE]),
    ...(isByRelabelling(spec) ? selectorRules('pod', spec.selector ?? {}) : []),
    ...containerPortRules(port || portNumber || targetPort),
    takenOver('namespace', 'namespace'),
    takenOver('pod_container_name', 'container'),
    takenOver('pod_name', 'pod'),
    ...copiedLabels('pod', spec.podTargetLabels),
    { target_label: 'job', replacement: `${metadata.namespace}/${metadata.name}` },
    ...jobLabelRules('pod', spec.jobLabel),
    ...endpointRules(endpoint),
    ...userRules(endpoint.relabelings),
  ];
}

function serviceRules({ spec }: ServiceMonitor, endpoint: Endpoint, role: string): YamlFields[] {
  const prefix = role === 'endpointslice' ? 'endpointslice' : 'endpoint';
  const target = [
    `__meta_kubernetes_${prefix}_address_target_kind`,
    `__meta_kubernetes_${prefix}_address_target_name`,
  ];
  const nameOf = (kind: string, label: string): YamlFields => ({
    source_labels: target,
    separator: ';',
    regex: `${kind};(.*)`,
    replacement: '$1',
    target_label: label,
  });
  const { port, targetPort } = endpoint;
  const portName = { action: 'keep', source_labels: [`__meta_kubernetes_${prefix}_port_name`], regex: port };
  return [
    JOB_NAME_RULE,
    ...(isByRelabelling(spec) ? selectorRules('service', spec.selector ?? {}) : []),
    ...(port ? [portName] : containerPortRules(targetPort)),
    nameOf('Node', 'node'),
    nameOf('Pod', 'pod'),
    takenOver('namespace', 'namespace'),
    takenOver('service_name', 'service'),
    takenOver('pod_name', 'pod'),
    takenOver('pod_container_name', 'container'),
    ...(endpoint.filterRunning === false ? [] : [RUNNING_RULE]),
    ...copiedLabels('service', spec.targetLabels),
    ...copiedLabels('pod', spec.podTargetLabels),
    { ...takenOver('service_name', 'job'), replacement: '$1' },
    ...jobLabelRules('service', spec.jobLabel),
    ...endpointRules(endpoint),
    ...userRules(endpoint.relabelings),
  ];
}
