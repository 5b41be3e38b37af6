/**
 * ScrapeConfigs (`v1alpha1`) as scrape jobs: nearly a job of Prometheus' configuration, with other names for its keys. Ways to find
 * targets that are not known here are refused by name: a job without them would scrape less than its author wants.
 */

import { defined, type YamlFields } from './client-fields.ts';
import {
  clientOf,
  type JobSettings,
  limitFields,
  metricRules,
  protocolFields,
  refuse,
  refuseFile,
  refuseScrapeClass,
  said,
  within,
} from './job-fields.ts';
import { JOB_NAME_RULE, userRules } from './monitor-relabelings.ts';
import type { References } from './references.ts';
import type {
  AlphaClientSpec,
  KubernetesSdSpec,
  ScrapeConfigResource,
  ScrapeConfigSpec,
} from './resources.ts';

const ESCAPING_SCHEMES: Readonly<Record<string, string>> = {
  AllowUTF8: 'allow-utf-8',
  Underscores: 'underscores',
  Dots: 'dots',
  Values: 'values',
};
/** Roles whose targets may be told of nodes. */
const ATTACHING_ROLES: readonly string[] = ['pod', 'endpoints', 'endpointslice'];
const WAYS: readonly string[] = [
  ...['fileSDConfigs', 'httpSDConfigs', 'kubernetesSDConfigs', 'dnsSDConfigs'],
];

/** An HTTP client's keys and values. */
type MakeClient = (client: AlphaClientSpec) => YamlFields;

/** One job's keys and values, `job_name` first. Throws `bad_data`, or `PendingReference`. */
export function scrapeConfigJobs(
  { metadata: { namespace, name }, spec }: ScrapeConfigResource,
  references: References,
  settings: JobSettings,
): YamlFields[] {
  refuseScrapeClass(spec);
  refuseUnknownWays(spec);
  const client: MakeClient = ({ enableHTTP2, ...rest }) =>
    clientOf({ ...rest, ...defined('enableHttp2', enableHTTP2) }, namespace, references, settings);
  for (const { files = [] } of spec.fileSDConfigs ?? []) refuseFile(files[0], namespace, settings);
  const job = {
    job_name: `scrapeConfig/${namespace}/${name}`,
    ...defined('honor_timestamps', spec.honorTimestamps),
    ...defined('track_timestamps_staleness', spec.trackTimestampsStaleness),
    ...defined('honor_labels', spec.honorLabels),
    ...said('metrics_path', spec.metricsPath),
    ...defined('params', spec.params),
    ...defined('enable_compression', spec.enableCompression),
    ...said('scrape_interval', spec.scrapeInterval),
    ...said('scrape_timeout', spec.scrapeTimeout),
    ...protocolFields(spec),
    ...said('scheme', spec.scheme?.toLowerCase()),
    ...client(spec),
    ...limitFields(spec),
    ...targetFields(spec, client),
    relabel_configs: [
      JOB_NAME_RULE,
      ...(spec.jobName ? [{ target_label: 'job', action: 'replace', replacement: spec.jobName }] : []),
      ...userRules(spec.relabelings),
    ],
    ...metricRules(spec.metricRelabelings),
    ...said('metric_name_validation_scheme', spec.nameValidationScheme?.toLowerCase()),
    ...defined('metric_name_escaping_scheme', ESCAPING_SCHEMES[spec.nameEscapingScheme ?? '']),
  };
  references.settled();
  return [job];
}

function refuseUnknownWays(spec: ScrapeConfigSpec): void {
  for (const [key, list] of Object.entries(spec)) {
    if (!key.endsWith('SDConfigs') || WAYS.includes(key)) continue;
    if (Array.isArray(list) && list.length > 0) refuse(`${key}: not supported here`);
  }
}

function targetFields(spec: ScrapeConfigSpec, client: MakeClient): YamlFields {
  return {
    ...each('static_configs', 'staticConfigs', spec.staticConfigs, ({ targets = [], labels = {} }) => ({
      targets,
      labels,
    })),
    ...each('file_sd_configs', 'fileSDConfigs', spec.fileSDConfigs, ({ files = [], refreshInterval }) => ({
      files,
      ...defined('refresh_interval', refreshInterval),
    })),
    ...each('http_sd_configs', 'httpSDConfigs', spec.httpSDConfigs, ({ url, refreshInterval, ...rest }) => ({
      ...client(rest),
      url,
      ...defined('refresh_interval', refreshInterval),
    })),
    ...each('kubernetes_sd_configs', 'kubernetesSDConfigs', spec.kubernetesSDConfigs, (config) =>
      clusterFields(config, client),
    ),
    ...each('dns_sd_configs', 'dnsSDConfigs', spec.dnsSDConfigs, (config) => ({
      names: config.names ?? [],
      ...defined('refresh_interval', config.refreshInterval),
      ...defined('type', config.type),
      ...defined('port', config.port),
    })),
  };
}

/** `key` where there are any, and what is wrong with one under its name in the resource. */
function each<T>(
  key: string,
  name: string,
  list: readonly T[] | undefined,
  make: (one: T) => YamlFields,
): YamlFields {
  if (!list || list.length === 0) return {};
  return { [key]: list.map((one, i) => within(`${name}[${i}]`, () => make(one))) };
}

function clusterFields(
  { apiServer, role = '', namespaces, attachMetadata, selectors = [], ...rest }: KubernetesSdSpec,
  client: MakeClient,
): YamlFields {
  const small = role.toLowerCase();
  if (apiServer && namespaces?.ownNamespace) {
    refuse("cannot use 'apiServer' and 'namespaces.ownNamespace' simultaneously");
  }
  return {
    ...said('api_server', apiServer),
    role: small,
    ...client(rest),
    ...(namespaces && {
      namespaces: { names: namespaces.names ?? [], ...defined('own_namespace', namespaces.ownNamespace) },
    }),
    ...(selectors.length > 0 && {
      selectors: selectors.map(({ role: of = '', label, field }) => ({
        role: of.toLowerCase(),
        ...defined('label', label),
        ...defined('field', field),
      })),
    }),
    ...(attachMetadata &&
      ATTACHING_ROLES.includes(small) && { attach_metadata: { node: attachMetadata.node ?? false } }),
  };
}
