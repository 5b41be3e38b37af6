/** What Docker says of a container, as labels: those of Prometheus' discovery, one target for each port and network. */

import type { TargetGroup } from '../target.ts';
import type { DockerDiscoveryConfig } from './discovery-config.ts';

const PREFIX = '__meta_docker_';
export const CONTAINER_ID = `${PREFIX}container_id`;

/** Of `GET /containers/json`. */
export interface ContainerSummary {
  readonly Id: string;
  readonly Names?: readonly string[];
  readonly Image?: string;
  readonly ImageID?: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly Ports?:
    | readonly {
        readonly Type?: string;
        readonly PrivatePort: number;
        readonly PublicPort?: number;
        readonly IP?: string;
      }[]
    | null;
  readonly HostConfig?: { readonly NetworkMode?: string };
  readonly NetworkSettings?: { readonly Networks?: Readonly<Record<string, Endpoint | null>> | null } | null;
}

interface Endpoint {
  readonly NetworkID?: string;
  readonly IPAddress?: string;
  readonly GlobalIPv6Address?: string;
}

/** Of `GET /networks`. */
export interface NetworkSummary {
  readonly Id: string;
  readonly Name: string;
  readonly Scope?: string;
  readonly Internal?: boolean;
  readonly Ingress?: boolean;
  readonly Labels?: Readonly<Record<string, string>> | null;
}

type Options = Pick<DockerDiscoveryConfig, 'port' | 'hostNetworkingHost' | 'matchesFirstNetwork'> & {
  /** Whether a container without any network is one. */
  readonly includesNetworkless: boolean;
};

/** Labels of Docker's under names of ours: every character that a name may not have becomes an underscore. */
export function prefixedLabels(
  prefix: string,
  labels: Readonly<Record<string, string>> | null | undefined,
): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(labels ?? {})) {
    out[prefix + name.replace(/[^a-zA-Z0-9_]/g, '_')] = value;
  }
  return out;
}

export function hostPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

export function containerGroups(
  containers: readonly ContainerSummary[],
  networks: readonly NetworkSummary[],
  options: Options,
): TargetGroup[] {
  const byId = new Map(containers.map((c) => [c.Id, c]));
  const labelsOfNetwork = new Map(networks.map((n) => [n.Id, networkLabels(PREFIX, n)]));
  return containers.flatMap((container) => {
    if (!container.Names?.[0]) return [];
    const common = commonLabels(container);
    return endpointsOf(container, byId, options).flatMap((endpoint) => {
      const ofNetwork = labelsOfNetwork.get(endpoint.NetworkID ?? '') ?? {};
      return portsOf(container, endpoint, options).map(({ address, labels }) => ({
        targets: [address],
        labels: { ...common, ...labels, ...ofNetwork },
      }));
    });
  });
}

function commonLabels(c: ContainerSummary): Record<string, string> {
  return {
    [CONTAINER_ID]: c.Id,
    [`${PREFIX}container_name`]: c.Names![0]!,
    [`${PREFIX}container_network_mode`]: c.HostConfig?.NetworkMode ?? '',
    [`${PREFIX}container_image`]: c.Image ?? '',
    [`${PREFIX}container_image_id`]: c.ImageID ?? '',
    ...prefixedLabels(`${PREFIX}container_label_`, c.Labels),
  };
}

export function networkLabels(prefix: string, n: NetworkSummary): Record<string, string> {
  return {
    [`${prefix}network_id`]: n.Id,
    [`${prefix}network_name`]: n.Name,
    [`${prefix}network_scope`]: n.Scope ?? '',
    [`${prefix}network_internal`]: String(n.Internal ?? false),
    [`${prefix}network_ingress`]: String(n.Ingress ?? false),
    ...prefixedLabels(`${prefix}network_label_`, n.Labels),
  };
}

/** The container's networks, or those of the container whose network it shares. */
function endpointsOf(
  container: ContainerSummary,
  byId: ReadonlyMap<string, ContainerSummary>,
  { matchesFirstNetwork, includesNetworkless }: Options,
): Endpoint[] {
  let networks = networksOf(container);
  const visited = new Set<string>();
  for (let c = container; networks.length === 0; ) {
    const shared = /^container:(.+)$/.exec(c.HostConfig?.NetworkMode ?? '')?.[1];
    const other = shared === undefined || visited.has(shared) ? undefined : byId.get(shared);
    if (!other) break;
    visited.add(other.Id);
    networks = networksOf(other);
    c = other;
  }
  if (networks.length === 0) return includesNetworkless ? [{}] : [];
  return (matchesFirstNetwork ? networks.slice(0, 1) : networks).map(([, endpoint]) => endpoint);
}

function networksOf(container: ContainerSummary): [name: string, endpoint: Endpoint][] {
  const found: [string, Endpoint][] = [];
  for (const [name, endpoint] of Object.entries(container.NetworkSettings?.Networks ?? {})) {
    if (endpoint) found.push([name, endpoint]);
  }
  return found.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** One target for each TCP port, or one for a container that has none. */
function portsOf(
  container: ContainerSummary,
  endpoint: Endpoint,
  { port, hostNetworkingHost }: Options,
): { address: string; labels: Record<string, string> }[] {
  const ip = endpoint.IPAddress || endpoint.GlobalIPv6Address || '';
  const ofNetwork = { [`${PREFIX}network_ip`]: ip };
  const tcp = (container.Ports ?? []).filter((p) => p.Type === 'tcp');
  if (tcp.length === 0) {
    const isHost = container.HostConfig?.NetworkMode === 'host';
    return [{ address: isHost ? hostNetworkingHost : hostPort(ip, port), labels: ofNetwork }];
  }
  return tcp.map((p) => ({
    address: hostPort(ip, p.PrivatePort),
    labels: {
      ...ofNetwork,
      [`${PREFIX}port_private`]: String(p.PrivatePort),
      ...(p.PublicPort && {
        [`${PREFIX}port_public`]: String(p.PublicPort),
        [`${PREFIX}port_public_ip`]: p.IP ?? '',
      }),
    },
  }));
}
