/** What jobs of all kinds of resources have in common: limits, protocols, histograms, credentials, and what is refused everywhere. */

import { TriliteError } from '../model/errors.ts';
import { clientFields, defined, type YamlFields } from './client-fields.ts';
import { userRules } from './monitor-relabelings.ts';
import { parseQuantity } from './quantity.ts';
import type { References } from './references.ts';
import type { ClientSpec, JobSpec, NamespaceSelector, RelabelFields } from './resources.ts';

/** What holds for all resources. */
export interface JobSettings {
  /** Which role of discovery finds the targets of services, where a monitor does not say. */
  readonly endpointsRole: 'endpoints' | 'endpointslice';
  /** Whether a resource of the namespace may name files of this machine. */
  mayReadFiles(namespace: string): boolean;
}

/** What is wrong with a part is told with its place. */
export function within<T>(where: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof TriliteError) throw new TriliteError(error.kind, `${where}: ${error.message}`);
    throw error;
  }
}

export function refuseScrapeClass({ scrapeClass }: JobSpec): void {
  if (scrapeClass)
    refuse(`scrapeClass ${JSON.stringify(scrapeClass)} not found: scrape classes are not supported`);
}

/** The key, unless nothing is said of it; an empty text says nothing. */
export function said(key: string, value: unknown): YamlFields {
  return value === '' ? {} : defined(key, value);
}

export function protocolFields({ scrapeProtocols = [], fallbackScrapeProtocol }: JobSpec): YamlFields {
  return {
    ...(scrapeProtocols.length > 0 && { scrape_protocols: scrapeProtocols }),
    ...defined('fallback_scrape_protocol', fallbackScrapeProtocol),
  };
}

/** Of `kubernetes_sd_configs`. */
export function namespaceFields(
  { any, matchNames = [] }: NamespaceSelector = {},
  namespace: string,
): YamlFields {
  const names = any ? [] : matchNames.length > 0 ? matchNames : [namespace];
  return names.length > 0 ? { namespaces: { names } } : {};
}

export function clientOf(
  client: ClientSpec,
  namespace: string,
  references: References,
  settings: JobSettings,
): YamlFields {
  const { caFile, certFile, keyFile } = client.tlsConfig ?? {};
  refuseFile(client.bearerTokenFile || caFile || certFile || keyFile, namespace, settings);
  return clientFields(client, references);
}

/** A file of this machine may say what its author must not know: the token of Trilite's own account above all. */
export function refuseFile(file: string | undefined, namespace: string, settings: JobSettings): void {
  if (!file || settings.mayReadFiles(namespace)) return;
  refuse(
    `it names the file ${file}, and resources of namespace ${namespace} may name none: file_access_namespaces`,
  );
}

export function metricRules(rules: readonly RelabelFields[] = []): YamlFields {
  return rules.length > 0 ? { metric_relabel_configs: userRules(rules) } : {};
}

export function limitFields(spec: JobSpec): YamlFields {
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

export function refuse(what: string): never {
  throw new TriliteError('bad_data', what);
}
