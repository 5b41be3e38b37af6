/** `kubernetes_sd_configs`: roles, how the cluster is reached, selectors. What is wrong is told in the words of Prometheus. */

import type { HttpClientConfig } from '../base/http-client.ts';
import { type ClusterAccess, SERVICE_ACCOUNT_FOLDER } from '../kube/cluster.ts';
import { checkFieldSelector, checkLabelSelector } from '../kube/selector-syntax.ts';
import {
  KUBERNETES_ROLES,
  type KubernetesDiscoveryConfig,
  type KubernetesRole,
  type KubernetesSelector,
} from '../scrape/discovery/discovery-config.ts';
import { HTTP_CLIENT_KEYS, readHttpClient } from './http-client-section.ts';
import type { Warnings } from './warnings.ts';
import type { Fields, YamlNode } from './yaml-node.ts';

const ROLE_LIST = KUBERNETES_ROLES.join(', ');

/** Whose objects the targets of a role are made of. */
const SELECTABLE: Readonly<Record<KubernetesRole, readonly KubernetesRole[]>> = {
  pod: ['pod', 'node'],
  service: ['service'],
  endpoints: ['pod', 'service', 'endpoints'],
  endpointslice: ['pod', 'service', 'endpointslice'],
  node: ['node'],
  ingress: ['ingress'],
};

const DEFAULT_CLIENT: HttpClientConfig = { followRedirects: true, httpHeaders: {} };

export function readKubernetesDiscovery(node: YamlNode, warnings: Warnings): KubernetesDiscoveryConfig {
  const fields = node.fields([
    ...['role', 'api_server', 'kubeconfig_file', 'namespaces', 'selectors', 'attach_metadata'],
    ...HTTP_CLIENT_KEYS,
  ]);
  const written = fields.get('role');
  if (!written || written.string() === '') return node.fail(`role missing (one of: ${ROLE_LIST})`);
  const role = readRole(written);
  const namespaces = fields.get('namespaces')?.fields(['own_namespace', 'names']);
  const includesOwn = namespaces?.read('own_namespace', (v) => v.boolean(), false) ?? false;
  const attached = fields
    .get('attach_metadata')
    ?.fields(['node', 'namespace', 'deployment', 'job', 'cronjob']);
  const attaches = (key: string): boolean => attached?.read(key, (v) => v.boolean(), false) ?? false;
  return {
    role,
    access: readAccess(fields, includesOwn, warnings),
    namespaces: namespaces?.read('names', (v) => v.strings(), []) ?? [],
    includesOwnNamespace: includesOwn,
    selectors: fields.read('selectors', (v) => readSelectors(v, role), {}),
    attaches: {
      node: attaches('node'),
      namespace: attaches('namespace'),
      deployment: attaches('deployment'),
      job: attaches('job'),
      cronJob: attaches('cronjob'),
    },
  };
}

function readRole(node: YamlNode): KubernetesRole {
  const role = KUBERNETES_ROLES.find((known) => known === node.string());
  return role ?? node.fail(`unknown Kubernetes SD role ${JSON.stringify(node.string())}`);
}

/** The keys `api_server`, `kubeconfig_file` and those of an HTTP client. */
export function readAccess(fields: Fields, includesOwn: boolean, warnings: Warnings): ClusterAccess {
  const { node } = fields;
  const client = readHttpClient(fields, warnings);
  const server = fields.get('api_server');
  const kubeconfig = fields.get('kubeconfig_file');
  const file = kubeconfig && kubeconfig.string() !== '' ? kubeconfig : undefined;
  if (server && file) node.fail("cannot use 'kubeconfig_file' and 'api_server' simultaneously");
  const isCustom = isCustomClient(client, fields);
  if (file && isCustom) {
    node.fail("cannot use a custom HTTP client configuration together with 'kubeconfig_file'");
  }
  if (!server && isCustom) {
    node.fail("to use custom HTTP client configuration please provide the 'api_server' URL explicitly");
  }
  const given = server ? 'api_server' : 'kubeconfig_file';
  if (includesOwn && (server || file)) {
    node.fail(`cannot use '${given}' and 'namespaces.own_namespace' simultaneously`);
  }
  if (server) return { way: 'api-server', apiServer: readApiServer(server), client };
  if (file) return { way: 'kubeconfig', file: file.filePath() };
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '' } = node.environment;
  return { way: 'in-cluster', host, port, folder: SERVICE_ACCOUNT_FOLDER };
}

/** Without a scheme it is plain HTTP. */
function readApiServer(node: YamlNode): string {
  const text = node.string();
  const url = text.includes('://') ? text : `http://${text}`;
  return URL.canParse(url) ? url : node.fail(`${JSON.stringify(text)} is not a URL`);
}

/** Whether the block says anything else than it does by itself. */
function isCustomClient(client: HttpClientConfig, fields: Fields): boolean {
  const { tls, ...rest } = client;
  const speaksHttp2 = fields.read('enable_http2', (v) => v.boolean(), true);
  const hasTls = tls !== undefined && JSON.stringify(tls) !== '{"serverName":"","insecureSkipVerify":false}';
  const isDefault = JSON.stringify(rest) === JSON.stringify(DEFAULT_CLIENT);
  return !isDefault || hasTls || !speaksHttp2 || fields.get('http_headers') !== undefined;
}

function readSelectors(
  node: YamlNode,
  role: KubernetesRole,
): Partial<Record<KubernetesRole, KubernetesSelector>> {
  const out: Partial<Record<KubernetesRole, KubernetesSelector>> = {};
  for (const item of node.list()) {
    const fields = item.fields(['role', 'label', 'field']);
    const selected = fields.read('role', readRole, undefined);
    if (selected && out[selected]) item.fail(`duplicated selector role: ${selected}`);
    if (!selected || !SELECTABLE[role].includes(selected)) {
      return item.fail(`${role} role supports only ${SELECTABLE[role].join(', ')} selectors`);
    }
    const checked = (key: string, check: (text: string) => void): string => {
      fields.get(key)?.parsed(check);
      return fields.read(key, (v) => v.string(), '');
    };
    const field = checked('field', checkFieldSelector);
    out[selected] = { label: checked('label', checkLabelSelector), field };
  }
  return out;
}
