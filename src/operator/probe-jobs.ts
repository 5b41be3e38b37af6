/**
 * Probes as scrape jobs: the prober is scraped, and is told in a parameter what to probe. Targets stand in the resource, or are the
 * paths of ingresses; either way they are the label `instance`.
 */

import { isIPv6 } from 'node:net';
import type { YamlFields } from './client-fields.ts';
import {
  clientOf,
  type JobSettings,
  limitFields,
  metricRules,
  namespaceFields,
  protocolFields,
  refuse,
  refuseScrapeClass,
  said,
} from './job-fields.ts';
import { checkSelector } from './label-selector.ts';
import { JOB_NAME_RULE, selectorRules, takenOver, userRules } from './monitor-relabelings.ts';
import type { References } from './references.ts';
import type { Probe, ProbeSpec } from './resources.ts';

/** That of blackbox_exporter, as the definition of the kind has it. */
const PROBER_PATH = '/probe';
/** `HOST` or `HOST:PORT`. */
const PROBER_ADDRESS = /^(?:\[([^\]]+)\]|[\w.-]+)(?::\d{1,5})?$/;
const PARAMETER = '__param_target';

/** One job's keys and values, `job_name` first. Throws `bad_data`, or `PendingReference`. */
export function probeJobs(probe: Probe, references: References, settings: JobSettings): YamlFields[] {
  const { metadata, spec } = probe;
  const { url = '', scheme, path, ...proxies } = spec.prober ?? {};
  refuseScrapeClass(spec);
  if (!isProber(url)) refuse(`prober.url: ${JSON.stringify(url)} is not HOST or HOST:PORT`);
  const { targets, rules } = foundBy(probe);
  const job = {
    job_name: `probe/${metadata.namespace}/${metadata.name}`,
    honor_timestamps: true,
    metrics_path: path || PROBER_PATH,
    ...said('scrape_interval', spec.interval),
    ...said('scrape_timeout', spec.scrapeTimeout),
    ...said('scheme', scheme?.toLowerCase()),
    ...parameters(spec),
    ...limitFields(spec),
    ...protocolFields(spec),
    ...clientOf({ ...spec, ...proxies }, metadata.namespace, references, settings),
    ...targets,
    relabel_configs: [
      JOB_NAME_RULE,
      ...(spec.jobName ? [{ target_label: 'job', replacement: spec.jobName }] : []),
      ...rules(url),
    ],
    ...metricRules(spec.metricRelabelings),
  };
  references.settled();
  return [job];
}

/** Addresses of IPv6 stand in brackets, or alone. */
function isProber(url: string): boolean {
  const [match, bracketed] = PROBER_ADDRESS.exec(url) ?? [];
  return isIPv6(url) || (match !== undefined && (bracketed === undefined || isIPv6(bracketed)));
}

/** `module` stands for the parameter of that name. */
function parameters({ module, params = [] }: ProbeSpec): YamlFields {
  const all = [
    ...(module ? [['module', [module]] as const] : []),
    ...params
      .filter(({ name }) => !(module && name === 'module'))
      .map(({ name, values = [] }) => [name, values] as const),
  ];
  return all.length > 0 ? { params: Object.fromEntries(all) } : {};
}

interface Found {
  readonly targets: YamlFields;
  readonly rules: (prober: string) => YamlFields[];
}

function foundBy({ metadata, spec: { targets = {} } }: Probe): Found {
  const { staticConfig, ingress } = targets;
  if (staticConfig) {
    const labels = { namespace: metadata.namespace, ...staticConfig.labels };
    return {
      targets: { static_configs: [{ targets: staticConfig.static ?? [], labels }] },
      rules: (prober) => [
        { source_labels: ['__address__'], target_label: PARAMETER },
        ...proberRules(prober),
        ...userRules(staticConfig.relabelingConfigs),
      ],
    };
  }
  if (!ingress) refuse('targets: one of staticConfig and ingress is required');
  const { selector = {}, namespaceSelector, relabelingConfigs } = ingress;
  checkSelector(selector);
  const discovery = { role: 'ingress', ...namespaceFields(namespaceSelector, metadata.namespace) };
  return {
    targets: { kubernetes_sd_configs: [discovery] },
    rules: (prober) => [
      ...selectorRules('ingress', selector),
      ...ingressRules(),
      ...proberRules(prober),
      ...userRules(relabelingConfigs),
    ],
  };
}

function ingressRules(): YamlFields[] {
  return [
    {
      source_labels: ['__meta_kubernetes_ingress_scheme', '__address__', '__meta_kubernetes_ingress_path'],
      separator: ';',
      regex: '(.+);(.+);(.+)',
      target_label: PARAMETER,
      replacement: '$1://$2$3',
      action: 'replace',
    },
    takenOver('namespace', 'namespace'),
    takenOver('ingress_name', 'ingress'),
    {
      source_labels: ['__address__'],
      separator: ';',
      regex: '(.*)',
      target_label: '__tmp_ingress_address',
      replacement: '$1',
      action: 'replace',
    },
  ];
}

/** What is probed is what the series are told apart by; who is asked is the prober. */
function proberRules(prober: string): YamlFields[] {
  return [
    { source_labels: [PARAMETER], target_label: 'instance' },
    { target_label: '__address__', replacement: prober },
  ];
}
