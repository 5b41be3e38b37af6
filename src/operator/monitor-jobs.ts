/**
 * ServiceMonitors and PodMonitors as scrape jobs: for each endpoint the job that the Prometheus Operator would write into Prometheus'
 * configuration, key by key, to be read as one that stands there. Sharding, scrape classes and enforced limits are of the resource
 * `Prometheus`, which is not read.
 */

import { TriliteError } from '../model/errors.ts';
import { clientFields, defined, type YamlFields } from './client-fields.ts';
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
import { parseQuantity } from './quantity.ts';
import type { References } from './references.ts';
import type { Endpoint, MonitorSpec, PlacedMeta, PodMonitor, ServiceMonitor } from './resources.ts';

/** What holds for all monitors. */
export interface MonitorSettings {
  /** Which role of discovery finds the targets of services, where the monitor does not say. */
  readonly endpointsRole: 'endpoints' | 'endpointslice';
  /** Whether a monitor of the namespace may name files of this machine. */
  mayReadFiles(namespace: string): boolean;
}

/** A job's keys and values, `job_name` first. Throws `bad_data`, or `PendingReference`. */
export function serviceMonitorJobs(
  monitor: ServiceMonitor,
  references: References,
  settings: MonitorSettings,
): YamlFields[] {
  const { metadata, spec } = monitor;
  checkMonitor(spec);
  const role = endpointsRole(spec.serviceDiscoveryRole, settings);
  const jobs = (spec.endpoints ?? []).map((endpoint, i) =>
    inEndpoint(`endpoints[${i}]`, () => ({
      ...jobFields(`serviceMonitor/${metadata.namespace}/${metadata.name}/${i}`, spec, endpoint),
      ...discoveryFields(metadata, spec, role, [role, 'service']),
      ...clientOf(endpoint, metadata, references, settings),
      relabel_configs: serviceRules(monitor, endpoint, role),
      ...metricRules(endpoint),
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
  settings: MonitorSettings,
): YamlFields[] {
  const { metadata, spec } = monitor;
  checkMonitor(spec);
  const jobs = (spec.podMetricsEndpoints ?? []).map((endpoint, i) =>
    inEndpoint(`podMetricsEndpoints[${i}]`, () => ({
      ...jobFields(`podMonitor/${metadata.namespace}/${metadata.name}/${i}`, spec, endpoint),
      ...discoveryFields(metadata, spec, 'pod', ['pod']),
      ...clientOf(endpoint, metadata, references, settings),
      relabel_configs: podRules(monitor, endpoint),
      ...metricRules(endpoint),
      ...limitFields(spec),
    })),
  );
  references.settled();
  return jobs;
}

function checkMonitor({ selector = {}, scrapeClass }: MonitorSpec): void {
  checkSelector(selector);
  if (scrapeClass)
    refuse(`scrapeClass ${JSON.stringify(scrapeClass)} not found: scrape classes are not supported`);
}

function inEndpoint(where: string, make: () => YamlFields): YamlFields {
  try {
    return make();
  } catch (error) {
    if (error instanceof TriliteError) throw new TriliteError(error.kind, `${where}: ${error.message}`);
    throw error;
  }
}

function endpointsRole(own: string | undefined, { endpointsRole: role }: MonitorSettings): string {
  if (own === undefined) return role;
  return own === 'EndpointSlice' ? 'endpointslice' : 'endpoints';
}

function jobFields(name: string, spec: MonitorSpec, endpoint: Endpoint): YamlFields {
  const said = (key: string, value: unknown) => (value === '' ? {} : defined(key, value));
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
    ...((spec.scrapeProtocols?.length ?? 0) > 0 && { scrape_protocols: spec.scrapeProtocols }),
    ...defined('fallback_scrape_protocol', spec.fallbackScrapeProtocol),
  };
}

function discoveryFields(
  { namespace }: PlacedMeta,
  { namespaceSelector = {}, attachMetadata, selector = {}, selectorMechanism }: MonitorSpec,
  role: string,
  selectedRoles: readonly string[],
): YamlFields {
  const { any, matchNames = [] } = namespaceSelector;
  const names = any ? [] : matchNames.length > 0 ? matchNames : [namespace];
  const label = selectorText(selector);
  const isByRole = selectorMechanism === 'RoleSelector';
  const discovery = {
    role,
    ...(names.length > 0 && { namespaces: { names } }),
    ...(attachMetadata && { attach_metadata: { node: attachMetadata.node ?? false } }),
    ...(isByRole && { selectors: selectedRoles.map((selected) => ({ role: selected, label })) }),
  };
  return { kubernetes_sd_configs: [discovery] };
}

function clientOf(
  endpoint: Endpoint,
  { namespace }: PlacedMeta,
  references: References,
  settings: MonitorSettings,
): YamlFields {
  const { caFile, certFile, keyFile } = endpoint.tlsConfig ?? {};
  const file = endpoint.bearerTokenFile || caFile || certFile || keyFile;
  if (file && !settings.mayReadFiles(namespace)) {
    refuse(
      `it names the file ${file}, and monitors of namespace ${namespace} may name none: file_access_namespaces`,
    );
  }
  return clientFields(endpoint, references);
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

function metricRules({ metricRelabelings = [] }: Endpoint): YamlFields {
  return metricRelabelings.length > 0 ? { metric_relabel_configs: userRules(metricRelabelings) } : {};
}

function limitFields(spec: MonitorSpec): YamlFields {
  const { bodySizeLimit, nativeHistogramMinBucketFactor: factor } = spec;
  return {
    ...defined('sample_limit', spec.sampleLimit),
    ...defined('target_limit', spec.targetLimit),
    ...defined('label_limit', spec.labelLimit),
    ...defined('label_name_length_limit', spec.labelNameLengthLimit),
    ...defined('label_value_length_limit', spec.labelValueLengthLimit),
    ...defined('keep_dropped_targets', spec.keepDroppedTargets),
    ...(bodySizeLimit && { body_size_limit: bodySizeLimit }),
    ...defined('scrape_native_histograms', spec.scrapeNativeHistograms),
    ...defined('native_histogram_bucket_limit', spec.nativeHistogramBucketLimit),
    ...(factor !== undefined && { native_histogram_min_bucket_factor: parseQuantity(String(factor)) }),
    ...defined('always_scrape_classic_histograms', spec.scrapeClassicHistograms),
    ...defined('convert_classic_histograms_to_nhcb', spec.convertClassicHistogramsToNHCB),
  };
}

function refuse(what: string): never {
  throw new TriliteError('bad_data', what);
}
