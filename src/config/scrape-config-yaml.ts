/** A job as a configuration file has it, every default filled in and secrets masked: from `ScrapeConfig` to YAML. */

import { formatDuration } from '../model/duration.ts';
import { DEFAULT_RELABEL_CONFIG, type RelabelConfig } from '../model/relabel.ts';
import type { DiscoveryConfig, KubernetesDiscoveryConfig } from '../scrape/discovery/discovery-config.ts';
import type { ScrapeConfig } from '../scrape/scrape-config.ts';
import { clientObject, withoutEmpty } from './http-client-yaml.ts';
import { maskPassword } from './masked.ts';

/** Loads the YAML library, which nothing needs before somebody asks. */
export async function scrapeConfigYaml(config: ScrapeConfig): Promise<string> {
  const { stringify } = await import('yaml');
  return stringify(scrapeObject(config), { lineWidth: 0, indentSeq: false });
}

/** Keys in the original's order; members that say nothing are left out. */
function scrapeObject(c: ScrapeConfig): object {
  return withoutEmpty({
    job_name: c.jobName,
    honor_labels: c.honorLabels || undefined,
    honor_timestamps: c.honorTimestamps,
    track_timestamps_staleness: c.trackTimestampsStaleness,
    params: Object.keys(c.params).length > 0 ? c.params : undefined,
    scrape_interval: formatDuration(c.scrapeIntervalMs),
    scrape_timeout: formatDuration(c.scrapeTimeoutMs),
    scrape_protocols: c.scrapeProtocols,
    fallback_scrape_protocol: c.fallbackScrapeProtocol,
    always_scrape_classic_histograms: c.alwaysScrapeClassicHistograms,
    convert_classic_histograms_to_nhcb: c.convertClassicHistogramsToNhcb,
    scrape_failure_log_file: c.failureLogFile,
    metrics_path: c.metricsPath,
    scheme: c.scheme,
    enable_compression: c.enableCompression,
    metric_name_validation_scheme: c.nameValidation,
    extra_scrape_metrics: c.extraScrapeMetrics,
    body_size_limit: c.bodySizeLimitBytes === 0 ? undefined : `${c.bodySizeLimitBytes}B`,
    sample_limit: c.sampleLimit || undefined,
    label_limit: c.labelLimit || undefined,
    label_name_length_limit: c.labelNameLengthLimit || undefined,
    label_value_length_limit: c.labelValueLengthLimit || undefined,
    target_limit: c.targetLimit || undefined,
    keep_dropped_targets: c.keepDroppedTargets || undefined,
    ...clientObject(c.client),
    relabel_configs: c.relabelConfigs.map(relabelObject),
    metric_relabel_configs: c.metricRelabelConfigs.map(relabelObject),
    ...discoveryObject(c),
  });
}

function discoveryObject(c: DiscoveryConfig): object {
  return {
    dns_sd_configs: c.dnsDiscovery.map(({ names, type, port, refreshIntervalMs }) => ({
      names,
      refresh_interval: formatDuration(refreshIntervalMs),
      type,
      port,
    })),
    docker_sd_configs: c.dockerDiscovery.map((docker) =>
      withoutEmpty({
        ...clientObject(docker.client),
        host: maskPassword(docker.host),
        port: docker.port,
        filters: docker.filters,
        host_networking_host: docker.hostNetworkingHost,
        refresh_interval: formatDuration(docker.refreshIntervalMs),
        match_first_network: docker.matchesFirstNetwork,
      }),
    ),
    dockerswarm_sd_configs: c.swarmDiscovery.map((swarm) =>
      withoutEmpty({
        ...clientObject(swarm.client),
        host: maskPassword(swarm.host),
        role: swarm.role,
        port: swarm.port,
        filters: swarm.filters,
        refresh_interval: formatDuration(swarm.refreshIntervalMs),
      }),
    ),
    file_sd_configs: c.fileDiscovery.map(({ files, refreshIntervalMs }) => ({
      files,
      refresh_interval: formatDuration(refreshIntervalMs),
    })),
    http_sd_configs: c.httpDiscovery.map(({ url, refreshIntervalMs, client }) =>
      withoutEmpty({
        ...clientObject(client),
        refresh_interval: formatDuration(refreshIntervalMs),
        url: maskPassword(url),
      }),
    ),
    kubernetes_sd_configs: c.kubernetesDiscovery.map(kubernetesObject),
    static_configs: c.staticConfigs.map(({ targets, labels }) =>
      withoutEmpty({ targets, labels: Object.keys(labels).length > 0 ? labels : undefined }),
    ),
  };
}

function kubernetesObject(c: KubernetesDiscoveryConfig): object {
  const { access, attaches } = c;
  const isServer = access.way === 'api-server';
  const namespaces = { own_namespace: c.includesOwnNamespace, names: c.namespaces };
  const attached = {
    node: attaches.node,
    namespace: attaches.namespace,
    deployment: attaches.deployment,
    job: attaches.job,
    cronjob: attaches.cronJob,
  };
  return {
    ...(isServer && { api_server: maskPassword(access.apiServer) }),
    role: c.role,
    kubeconfig_file: access.way === 'kubeconfig' ? access.file : '',
    ...withoutEmpty(clientObject(isServer ? access.client : { followRedirects: true, httpHeaders: {} })),
    ...((c.includesOwnNamespace || c.namespaces.length > 0) && { namespaces }),
    ...(Object.keys(c.selectors).length > 0 && {
      selectors: Object.entries(c.selectors).map(([role, { label, field }]) => ({
        role,
        ...(label !== '' && { label }),
        ...(field !== '' && { field }),
      })),
    }),
    ...(Object.values(attaches).includes(true) && { attach_metadata: attached }),
  };
}

function relabelObject(c: RelabelConfig): object {
  return withoutEmpty({
    source_labels: c.sourceLabels,
    separator: c.separator,
    regex: c.regex === DEFAULT_RELABEL_CONFIG.regex ? undefined : c.regex,
    modulus: c.modulus || undefined,
    target_label: c.targetLabel || undefined,
    replacement: c.replacement,
    action: c.action,
  });
}
