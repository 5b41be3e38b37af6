/** What a Docker swarm says of its services, tasks and nodes, as targets with the labels of Prometheus' discovery. */

import type { TargetGroup } from '../target.ts';
import { hostPort, type NetworkSummary, networkLabels, prefixedLabels } from './docker-labels.ts';

const PREFIX = '__meta_dockerswarm_';

type Texts = Readonly<Record<string, string>>;

interface Port {
  readonly Name?: string;
  readonly Protocol?: string;
  readonly PublishedPort?: number;
  readonly PublishMode?: string;
}

/** Of `GET /services`. */
export interface SwarmService {
  readonly ID: string;
  readonly Spec: {
    readonly Name?: string;
    readonly Labels?: Texts | null;
    readonly Mode?: { readonly Global?: object | null; readonly Replicated?: object | null };
    readonly TaskTemplate?: {
      readonly ContainerSpec?: { readonly Hostname?: string; readonly Image?: string } | null;
    };
  };
  readonly Endpoint?: {
    readonly Ports?: readonly Port[] | null;
    /** `Addr` with the length of its prefix: `10.0.0.2/24`. */
    readonly VirtualIPs?: readonly { readonly NetworkID?: string; readonly Addr: string }[] | null;
  };
  readonly UpdateStatus?: { readonly State?: string } | null;
}

/** Of `GET /tasks`. */
export interface SwarmTask {
  readonly ID: string;
  readonly ServiceID?: string;
  readonly NodeID?: string;
  readonly Slot?: number;
  readonly DesiredState?: string;
  readonly Spec?: { readonly ContainerSpec?: { readonly Labels?: Texts | null } | null };
  readonly Status?: {
    readonly State?: string;
    readonly ContainerStatus?: { readonly ContainerID?: string } | null;
    readonly PortStatus?: { readonly Ports?: readonly Port[] | null } | null;
  };
  readonly NetworksAttachments?:
    | readonly {
        readonly Network?: { readonly ID?: string };
        readonly Addresses?: readonly string[] | null;
      }[]
    | null;
}

/** Of `GET /nodes`. */
export interface SwarmNode {
  readonly ID: string;
  readonly Spec?: { readonly Role?: string; readonly Availability?: string; readonly Labels?: Texts | null };
  readonly Description?: {
    readonly Hostname?: string;
    readonly Platform?: { readonly Architecture?: string; readonly OS?: string };
    readonly Engine?: { readonly EngineVersion?: string };
  };
  readonly Status?: { readonly State?: string; readonly Addr?: string };
  readonly ManagerStatus?: {
    readonly Leader?: boolean;
    readonly Reachability?: string;
    readonly Addr?: string;
  } | null;
}

/** A target for each TCP port of each virtual address; `port` where a service publishes none. */
export function serviceGroups(
  services: readonly SwarmService[],
  networks: readonly NetworkSummary[],
  port: number,
): TargetGroup[] {
  const ofNetworks = labelsOfNetworks(networks);
  return services.flatMap((service) => {
    const spec = service.Spec.TaskTemplate?.ContainerSpec;
    const common = {
      ...serviceLabels(service),
      [`${PREFIX}service_task_container_hostname`]: spec?.Hostname ?? '',
      [`${PREFIX}service_task_container_image`]: spec?.Image ?? '',
      [`${PREFIX}service_updating_status`]: service.UpdateStatus?.State ?? '',
    };
    return (service.Endpoint?.VirtualIPs ?? []).flatMap(({ Addr, NetworkID }) =>
      portTargets(addressOf(Addr), service.Endpoint?.Ports, port, (p) => ({
        ...(p && {
          [`${PREFIX}service_endpoint_port_name`]: p.Name ?? '',
          [`${PREFIX}service_endpoint_port_publish_mode`]: p.PublishMode ?? '',
        }),
        ...common,
        ...ofNetworks.get(NetworkID ?? ''),
      })),
    );
  });
}

/** A target for each port that a task has on its node, and for each of its service's ports on each of its networks. */
export function taskGroups(
  tasks: readonly SwarmTask[],
  services: readonly SwarmService[],
  nodes: readonly SwarmNode[],
  networks: readonly NetworkSummary[],
  port: number,
): TargetGroup[] {
  const servicesById = new Map(services.map((s) => [s.ID, s]));
  const nodesById = new Map(nodes.map((n) => [n.ID, n]));
  const ofNetworks = labelsOfNetworks(networks);
  return tasks.flatMap((task) => {
    const service = servicesById.get(task.ServiceID ?? '');
    const node = nodesById.get(task.NodeID ?? '');
    const common = {
      ...taskLabels(task),
      ...(service && serviceLabels(service)),
      ...(node && nodeLabels(node)),
    };
    const labels = (network: Texts | undefined) => (p: Port | undefined) => ({
      ...(p && { [`${PREFIX}task_port_publish_mode`]: p.PublishMode ?? '' }),
      ...common,
      ...network,
    });
    const onNode = (task.Status?.PortStatus?.Ports ?? []).filter((p) => p.Protocol === 'tcp');
    return [
      ...onNode.map((p) => ({
        targets: [hostPort(node?.Status?.Addr ?? '', p.PublishedPort ?? 0)],
        labels: labels(undefined)(p),
      })),
      ...(task.NetworksAttachments ?? []).flatMap(({ Network, Addresses }) =>
        (Addresses ?? []).flatMap((address) =>
          portTargets(
            addressOf(address),
            service?.Endpoint?.Ports,
            port,
            labels(ofNetworks.get(Network?.ID ?? '')),
          ),
        ),
      ),
    ];
  });
}

export function nodeGroups(nodes: readonly SwarmNode[], port: number): TargetGroup[] {
  return nodes.map((node) => {
    const manager = node.ManagerStatus;
    const labels = {
      ...nodeLabels(node),
      [`${PREFIX}node_engine_version`]: node.Description?.Engine?.EngineVersion ?? '',
      ...(manager && {
        [`${PREFIX}node_manager_leader`]: String(manager.Leader ?? false),
        [`${PREFIX}node_manager_reachability`]: manager.Reachability ?? '',
        [`${PREFIX}node_manager_address`]: manager.Addr ?? '',
      }),
    };
    return { targets: [hostPort(node.Status?.Addr ?? '', port)], labels };
  });
}

/** One target for each TCP port, or one with `fallback` where there is none. */
function portTargets(
  ip: string,
  ports: readonly Port[] | null | undefined,
  fallback: number,
  labels: (port: Port | undefined) => Texts,
): TargetGroup[] {
  const tcp = (ports ?? []).filter((p) => p.Protocol === 'tcp');
  if (tcp.length === 0) return [{ targets: [hostPort(ip, fallback)], labels: labels(undefined) }];
  return tcp.map((p) => ({ targets: [hostPort(ip, p.PublishedPort ?? 0)], labels: labels(p) }));
}

function serviceLabels({ ID, Spec }: SwarmService): Texts {
  return {
    [`${PREFIX}service_id`]: ID,
    [`${PREFIX}service_name`]: Spec.Name ?? '',
    [`${PREFIX}service_mode`]: Spec.Mode?.Global ? 'global' : Spec.Mode?.Replicated ? 'replicated' : '',
    ...prefixedLabels(`${PREFIX}service_label_`, Spec.Labels),
  };
}

function taskLabels({ ID, DesiredState, Status, Slot, Spec }: SwarmTask): Texts {
  return {
    [`${PREFIX}task_id`]: ID,
    [`${PREFIX}task_desired_state`]: DesiredState ?? '',
    [`${PREFIX}task_state`]: Status?.State ?? '',
    [`${PREFIX}task_slot`]: String(Slot ?? 0),
    [`${PREFIX}task_container_id`]: Status?.ContainerStatus?.ContainerID ?? '',
    ...prefixedLabels(`${PREFIX}container_label_`, Spec?.ContainerSpec?.Labels),
  };
}

function nodeLabels({ ID, Spec, Description, Status }: SwarmNode): Texts {
  return {
    [`${PREFIX}node_id`]: ID,
    [`${PREFIX}node_role`]: Spec?.Role ?? '',
    [`${PREFIX}node_address`]: Status?.Addr ?? '',
    [`${PREFIX}node_availability`]: Spec?.Availability ?? '',
    [`${PREFIX}node_hostname`]: Description?.Hostname ?? '',
    [`${PREFIX}node_platform_architecture`]: Description?.Platform?.Architecture ?? '',
    [`${PREFIX}node_platform_os`]: Description?.Platform?.OS ?? '',
    [`${PREFIX}node_status`]: Status?.State ?? '',
    ...prefixedLabels(`${PREFIX}node_label_`, Spec?.Labels),
  };
}

function labelsOfNetworks(networks: readonly NetworkSummary[]): Map<string, Texts> {
  return new Map(networks.map((n) => [n.Id, networkLabels(PREFIX, n)]));
}

/** Without the length of the prefix. */
function addressOf(cidr: string): string {
  return cidr.split('/')[0]!;
}
