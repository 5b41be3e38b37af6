/**
 * What a configuration says of finding targets, as plain data with every default filled in: of scraping, and of whoever
 * else has targets (Alertmanagers). Durations are milliseconds.
 */

import type { HttpClientConfig } from '../../base/http-client.ts';
import type { ClusterAccess } from '../../kube/cluster.ts';

export interface StaticConfig {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

export interface FileDiscoveryConfig {
  /** Paths; the last component may hold one `*`. */
  readonly files: readonly string[];
  readonly refreshIntervalMs: number;
}

export interface HttpDiscoveryConfig {
  readonly url: string;
  readonly refreshIntervalMs: number;
  readonly client: HttpClientConfig;
}

export type DnsRecordType = 'SRV' | 'A' | 'AAAA' | 'MX' | 'NS';

export interface DnsDiscoveryConfig {
  readonly names: readonly string[];
  readonly type: DnsRecordType;
  /** Of every target; SRV records have their own. */
  readonly port: number;
  readonly refreshIntervalMs: number;
}

export interface DockerDiscoveryConfig {
  /** `unix:///var/run/docker.sock`, `tcp://…`, `http://…` or `https://…`. */
  readonly host: string;
  readonly refreshIntervalMs: number;
  readonly filters: readonly { readonly name: string; readonly values: readonly string[] }[];
  /** For containers without a port of their own. */
  readonly port: number;
  readonly hostNetworkingHost: string;
  readonly matchesFirstNetwork: boolean;
  readonly client: HttpClientConfig;
}

export type SwarmRole = 'services' | 'tasks' | 'nodes';

/** `host` is a manager's; `port` of what publishes none. */
export interface SwarmDiscoveryConfig
  extends Pick<DockerDiscoveryConfig, 'host' | 'refreshIntervalMs' | 'filters' | 'port' | 'client'> {
  readonly role: SwarmRole;
}

export type KubernetesRole = 'pod' | 'service' | 'endpoints' | 'endpointslice' | 'node' | 'ingress';

/** In the order in which the original lists them. */
export const KUBERNETES_ROLES: readonly KubernetesRole[] = [
  ...(['pod', 'service', 'endpoints', 'endpointslice', 'node', 'ingress'] as const),
];

/** As API servers take them; '' selects all. */
export interface KubernetesSelector {
  readonly label: string;
  readonly field: string;
}

export interface KubernetesDiscoveryConfig {
  /** What targets are made of. */
  readonly role: KubernetesRole;
  readonly access: ClusterAccess;
  /** None: all, unless the own one is included. */
  readonly namespaces: readonly string[];
  readonly includesOwnNamespace: boolean;
  readonly selectors: Readonly<Partial<Record<KubernetesRole, KubernetesSelector>>>;
  /** What targets are told of other objects: of the node they run on, of their namespace, of what owns their pod. */
  readonly attaches: {
    readonly node: boolean;
    readonly namespace: boolean;
    readonly deployment: boolean;
    readonly job: boolean;
    readonly cronJob: boolean;
  };
}

/** All ways to find targets; each may stand several times. */
export interface DiscoveryConfig {
  readonly staticConfigs: readonly StaticConfig[];
  readonly fileDiscovery: readonly FileDiscoveryConfig[];
  readonly httpDiscovery: readonly HttpDiscoveryConfig[];
  readonly dnsDiscovery: readonly DnsDiscoveryConfig[];
  readonly dockerDiscovery: readonly DockerDiscoveryConfig[];
  readonly swarmDiscovery: readonly SwarmDiscoveryConfig[];
  readonly kubernetesDiscovery: readonly KubernetesDiscoveryConfig[];
}

export const NO_DISCOVERY: DiscoveryConfig = {
  staticConfigs: [],
  fileDiscovery: [],
  httpDiscovery: [],
  dnsDiscovery: [],
  dockerDiscovery: [],
  swarmDiscovery: [],
  kubernetesDiscovery: [],
};

/** How often target files are read again, whatever a watch says. */
export const DEFAULT_FILE_REFRESH_MS = 300_000;
export const DEFAULT_HTTP_REFRESH_MS = 60_000;
export const DEFAULT_DNS_REFRESH_MS = 30_000;
export const DEFAULT_DOCKER_REFRESH_MS = 60_000;
export const DEFAULT_DOCKER_PORT = 80;
