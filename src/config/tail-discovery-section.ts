/** Where targets of following logs are found: `docker_sd_configs` and `kubernetes_sd_configs`. */

import { readFileSync } from 'node:fs';
import type { HttpClientConfig } from '../base/http-client.ts';
import {
  DEFAULT_DOCKER_REFRESH_MS,
  type DockerDiscoveryConfig,
} from '../scrape/discovery/discovery-config.ts';
import type { KubernetesDiscoveryConfig } from '../tail/tail-config.ts';
import { DOCKER_KEYS, readDockerFields } from './discovery-section.ts';
import type { Environment } from './environment.ts';
import { HTTP_CLIENT_KEYS, readHttpClient } from './http-client-section.ts';
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

/** Without `api_server` it is that of the cluster this runs in, asked with the pod's service account. */
export function readKubernetesDiscovery(
  node: YamlNode,
  environment: Environment,
  warnings: Warnings,
): KubernetesDiscoveryConfig {
  const fields = node.fields([
    ...['role', 'api_server', 'kubeconfig_file', 'namespaces', 'selectors', 'attach_metadata'],
    ...HTTP_CLIENT_KEYS,
  ]);
  const role = fields.require('role');
  if (role.string() !== 'pod') role.fail('only pods have logs: expected pod');
  fields.get('kubeconfig_file')?.fail('is not supported: give api_server, or run in the cluster');
  const attached = fields.get('attach_metadata');
  if (attached) warnings.add(attached, 'is not supported and is ignored');
  const server = fields.get('api_server');
  if (server && !URL.canParse(server.string())) server.fail('expected a URL');
  const namespaces = fields.get('namespaces')?.fields(['names', 'own_namespace']);
  const wantsOwn = namespaces?.read('own_namespace', (v) => v.boolean(), false) ?? false;
  if (wantsOwn && server) server.fail('api_server and namespaces.own_namespace exclude each other');
  const client = readHttpClient(fields, warnings);
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = environment;
  if (!server && !host) node.fail('this is no pod of a cluster: api_server is needed');
  return {
    apiServer: server?.string() ?? `https://${host!.includes(':') ? `[${host}]` : host}:${port}`,
    namespaces: [
      ...(namespaces?.read('names', (v) => v.strings(), []) ?? []),
      ...(wantsOwn ? [readOwnNamespace(node)] : []),
    ],
    ...fields.read('selectors', readSelectors, { labelSelector: '', fieldSelector: '' }),
    client: server ? client : { ...client, ...SERVICE_ACCOUNT },
  };
}

/** Read at each request: the token is renewed every hour. */
const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';
const SERVICE_ACCOUNT: Partial<HttpClientConfig> = {
  authorization: { type: 'Bearer', credentials: { file: `${SERVICE_ACCOUNT_FOLDER}/token` } },
  tls: { ca: { file: `${SERVICE_ACCOUNT_FOLDER}/ca.crt` }, serverName: '', insecureSkipVerify: false },
};

function readOwnNamespace(node: YamlNode): string {
  try {
    return readFileSync(`${SERVICE_ACCOUNT_FOLDER}/namespace`, 'utf8').trim();
  } catch (error) {
    return node.fail(`the pod's own namespace is not known: ${(error as Error).message}`);
  }
}

function readSelectors(node: YamlNode): { labelSelector: string; fieldSelector: string } {
  const out = { labelSelector: '', fieldSelector: '' };
  for (const item of node.list()) {
    const fields = item.fields(['role', 'label', 'field']);
    const role = fields.require('role');
    if (role.string() !== 'pod') role.fail('only selectors of pods are supported: expected pod');
    out.labelSelector = fields.read('label', (v) => v.string(), '');
    out.fieldSelector = fields.read('field', (v) => v.string(), '');
  }
  return out;
}
