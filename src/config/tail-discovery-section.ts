/** Where targets of following logs are found: `docker_sd_configs` and `kubernetes_sd_configs`. */

import {
  DEFAULT_DOCKER_REFRESH_MS,
  type DockerDiscoveryConfig,
  type KubernetesDiscoveryConfig,
} from '../scrape/discovery/discovery-config.ts';
import { DOCKER_KEYS, readDockerFields } from './discovery-section.ts';
import { HTTP_CLIENT_KEYS } from './http-client-section.ts';
import { readKubernetesDiscovery } from './kubernetes-discovery-section.ts';
import type { Warnings } from './warnings.ts';
import type { YamlNode } from './yaml-node.ts';

const DOCKER_HOST = /^(?:unix:\/\/\/|tcp:\/\/|https?:\/\/)./;

export function readDockerDiscovery(node: YamlNode, warnings: Warnings): DockerDiscoveryConfig {
  const fields = node.fields([...DOCKER_KEYS, ...HTTP_CLIENT_KEYS]);
  const host = fields.require('host');
  if (!DOCKER_HOST.test(host.string())) {
    host.fail('expected unix:///var/run/docker.sock, tcp://HOST:PORT or an http(s) URL');
  }
  return {
    ...readDockerFields(fields, host.string(), warnings),
    refreshIntervalMs: Math.max(
      1,
      fields.read('refresh_interval', (v) => v.anyDurationMs(), DEFAULT_DOCKER_REFRESH_MS),
    ),
  };
}

/** Of pods alone; without `api_server` and `kubeconfig_file`, those of the cluster that this runs in. */
export function readTailKubernetesDiscovery(node: YamlNode, warnings: Warnings): KubernetesDiscoveryConfig {
  const config = readKubernetesDiscovery(node, warnings);
  if (config.role !== 'pod') node.known(['role']).require('role').fail('only pods have logs: expected pod');
  const { access } = config;
  if (access.way === 'in-cluster' && access.host === '') {
    node.fail('this is no pod of a cluster: api_server or kubeconfig_file is needed');
  }
  return config;
}
