/** The keys by which a job, or a set of Alertmanagers, says where its targets are found. */

import {
  DEFAULT_FILE_REFRESH_MS,
  type DiscoveryConfig,
  type FileDiscoveryConfig,
  type StaticConfig,
} from '../scrape/discovery/discovery-config.ts';
import { positiveDuration, readStringMap } from './node-values.ts';
import type { Warnings } from './warnings.ts';
import type { Fields, YamlNode } from './yaml-node.ts';

const UNSUPPORTED_DISCOVERY: readonly string[] = [
  ...['http_sd_configs', 'dns_sd_configs', 'docker_sd_configs', 'kubernetes_sd_configs', 'azure_sd_configs'],
  ...['aws_sd_configs', 'consul_sd_configs', 'digitalocean_sd_configs', 'dockerswarm_sd_configs'],
  ...['ec2_sd_configs', 'eureka_sd_configs', 'gce_sd_configs', 'hetzner_sd_configs', 'ionos_sd_configs'],
  ...['kuma_sd_configs', 'lightsail_sd_configs', 'linode_sd_configs', 'marathon_sd_configs'],
  ...['nerve_sd_configs', 'nomad_sd_configs', 'openstack_sd_configs', 'ovhcloud_sd_configs'],
  ...['puppetdb_sd_configs', 'scaleway_sd_configs', 'serverset_sd_configs', 'stackit_sd_configs'],
  ...['triton_sd_configs', 'uyuni_sd_configs', 'vultr_sd_configs'],
];

/** Stand beside the other keys of whoever has targets. */
export const DISCOVERY_KEYS: readonly string[] = [
  'static_configs',
  'file_sd_configs',
  ...UNSUPPORTED_DISCOVERY,
];

export function readDiscovery(fields: Fields, warnings: Warnings): DiscoveryConfig {
  for (const key of UNSUPPORTED_DISCOVERY) {
    const value = fields.get(key);
    if (value) warnings.add(value, 'is not supported: there are no targets from it');
  }
  return {
    staticConfigs: fields.read('static_configs', (v) => v.list().map(readStatic), []),
    fileDiscovery: fields.read('file_sd_configs', (v) => v.list().map(readFileDiscovery), []),
  };
}

function readStatic(node: YamlNode): StaticConfig {
  const fields = node.fields(['targets', 'labels']);
  return {
    targets: fields.read('targets', (v) => v.strings(), []),
    labels: fields.read('labels', readStringMap, {}),
  };
}

/** Where no relabelling makes addresses of them, targets must be addresses already. */
export function checkStaticTargets(node: YamlNode): void {
  const groups = node.list().map((item) => item.known(['targets']));
  for (const target of groups.flatMap((group) => group.read('targets', (v) => v.list(), []))) {
    if (target.string().includes('/'))
      target.fail(`${JSON.stringify(target.string())} is not a valid hostname`);
  }
}

export function readFileDiscovery(node: YamlNode): FileDiscoveryConfig {
  const fields = node.fields(['files', 'refresh_interval']);
  const files = fields.require('files');
  return {
    files: files.list().map((file) => {
      const path = file.string();
      const named = /^[^*]*(\*[^/]*)?\.(json|yml|yaml|JSON|YML|YAML)$/.test(path);
      return named ? file.filePath() : file.fail('expected a path that ends in .json, .yml or .yaml');
    }),
    refreshIntervalMs: fields.read('refresh_interval', positiveDuration, DEFAULT_FILE_REFRESH_MS),
  };
}
