/** What Kubernetes says of a pod, as targets: one for each port of each container, with Prometheus' labels. */

import type { TargetGroup } from '../target.ts';

const PREFIX = '__meta_kubernetes_';

interface ObjectMeta {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly {
    readonly kind?: string;
    readonly name?: string;
    readonly controller?: boolean;
  }[];
}

interface Container {
  readonly name: string;
  readonly image?: string;
  readonly ports?: readonly {
    readonly containerPort: number;
    readonly name?: string;
    readonly protocol?: string;
  }[];
}

interface ContainerStatus {
  readonly name: string;
  readonly containerID?: string;
}

/** Of `v1.Pod`, what is looked at. */
export interface Pod {
  readonly metadata: ObjectMeta;
  readonly spec?: {
    readonly nodeName?: string;
    readonly containers?: readonly Container[];
    readonly initContainers?: readonly Container[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly hostIP?: string;
    readonly conditions?: readonly { readonly type?: string; readonly status?: string }[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

export function podKey({ metadata }: Pod): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** None while the pod has no address: it has not started, or it was evicted. */
export function podGroups(pod: Pod): TargetGroup[] {
  const { spec = {}, status = {} } = pod;
  if (!status.podIP) return [];
  const shared = podLabels(pod);
  const of = (
    containers: readonly Container[] | undefined,
    statuses: readonly ContainerStatus[] | undefined,
    isInit: boolean,
  ) =>
    (containers ?? []).flatMap((container) =>
      containerTargets(container, statuses, isInit, status.podIP!).map(({ address, labels }) => ({
        targets: [address],
        labels: { ...shared, ...labels },
      })),
    );
  return [
    ...of(spec.containers, status.containerStatuses, false),
    ...of(spec.initContainers, status.initContainerStatuses, true),
  ];
}

function containerTargets(
  container: Container,
  statuses: readonly ContainerStatus[] | undefined,
  isInit: boolean,
  ip: string,
): { address: string; labels: Record<string, string> }[] {
  const named = `${PREFIX}pod_container_`;
  const labels = {
    [`${named}name`]: container.name,
    [`${named}id`]: statuses?.find((s) => s.name === container.name)?.containerID ?? '',
    [`${named}image`]: container.image ?? '',
    [`${named}init`]: String(isInit),
  };
  const ports = container.ports ?? [];
  if (ports.length === 0) return [{ address: ip, labels }];
  return ports.map((port) => ({
    address: `${ip.includes(':') ? `[${ip}]` : ip}:${port.containerPort}`,
    labels: {
      ...labels,
      [`${named}port_name`]: port.name ?? '',
      [`${named}port_number`]: String(port.containerPort),
      [`${named}port_protocol`]: port.protocol ?? '',
    },
  }));
}

function podLabels({ metadata, spec = {}, status = {} }: Pod): Record<string, string> {
  const ready = status.conditions?.find((c) => c.type === 'Ready')?.status ?? 'Unknown';
  const labels: Record<string, string> = {
    [`${PREFIX}namespace`]: metadata.namespace ?? '',
    [`${PREFIX}pod_name`]: metadata.name ?? '',
    [`${PREFIX}pod_ip`]: status.podIP ?? '',
    [`${PREFIX}pod_ready`]: ready.toLowerCase(),
    [`${PREFIX}pod_phase`]: status.phase ?? '',
    [`${PREFIX}pod_node_name`]: spec.nodeName ?? '',
    [`${PREFIX}pod_host_ip`]: status.hostIP ?? '',
    [`${PREFIX}pod_uid`]: metadata.uid ?? '',
  };
  for (const [kind, values] of [
    ['label', metadata.labels],
    ['annotation', metadata.annotations],
  ] as const) {
    for (const [name, value] of Object.entries(values ?? {})) {
      const sanitized = name.replace(/[^a-zA-Z0-9_]/g, '_');
      labels[`${PREFIX}pod_${kind}_${sanitized}`] = value;
      labels[`${PREFIX}pod_${kind}present_${sanitized}`] = 'true';
    }
  }
  const controller = metadata.ownerReferences?.find((owner) => owner.controller);
  if (controller?.kind) labels[`${PREFIX}pod_controller_kind`] = controller.kind;
  if (controller?.name) labels[`${PREFIX}pod_controller_name`] = controller.name;
  return labels;
}
