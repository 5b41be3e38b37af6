/** Pods as targets: one for each port of each container, and one without a port for a container that names none. */

import { controllerOf, keyOf } from '../../../kube/kube-object.ts';
import type { TargetGroup } from '../../target.ts';
import type { KubernetesDiscoveryConfig } from '../discovery-config.ts';
import {
  hostPort,
  type LabelSet,
  NAMESPACE,
  objectLabels,
  ownLabels,
  PREFIX,
  target,
} from './meta-labels.ts';
import type { Look } from './neighbours.ts';
import type { Container, ContainerPort, Pod } from './objects.ts';

export type Attached = KubernetesDiscoveryConfig['attaches'];

const CONTAINER = `${PREFIX}pod_container_`;

/** None while the pod has no address (it has not started, or was evicted), or runs on a node that selectors leave out. */
export function podTargets(pod: Pod, look: Look, attaches: Attached): TargetGroup[] {
  const { podIP = '' } = pod.status ?? {};
  const { namespace = '' } = pod.metadata;
  if (podIP === '') return [];
  const { nodeName = '' } = pod.spec ?? {};
  if (attaches.node && !look('nodes', nodeName)) return [];
  const shared = {
    ...podLabels(pod, look, attaches),
    [NAMESPACE]: namespace,
    ...nodeLabels(look, nodeName),
    ...namespaceLabels(look, namespace),
  };
  return containersOf(pod).flatMap(({ container, isInit }) => {
    const labels = {
      [`${CONTAINER}name`]: container.name,
      [`${CONTAINER}id`]: containerId(pod, container.name, isInit),
      [`${CONTAINER}image`]: container.image ?? '',
      [`${CONTAINER}init`]: String(isInit),
    };
    if (!container.ports || container.ports.length === 0) return [target(podIP, labels, shared)];
    return container.ports.map((port) =>
      target(
        hostPort(podIP, port.containerPort ?? 0),
        { ...labels, ...portLabels(port, port.protocol) },
        shared,
      ),
    );
  });
}

/** What is said of a pod wherever it stands behind a target. */
export function podLabels(pod: Pod, look: Look, attaches: Attached): LabelSet {
  const { metadata, spec = {}, status = {} } = pod;
  const ready = status.conditions?.find((condition) => condition.type === 'Ready');
  return {
    [`${PREFIX}pod_ip`]: status.podIP ?? '',
    [`${PREFIX}pod_ready`]: (ready ? (ready.status ?? '') : 'unknown').toLowerCase(),
    [`${PREFIX}pod_phase`]: status.phase ?? '',
    [`${PREFIX}pod_node_name`]: spec.nodeName ?? '',
    [`${PREFIX}pod_host_ip`]: status.hostIP ?? '',
    [`${PREFIX}pod_uid`]: metadata.uid ?? '',
    ...objectLabels(pod, 'pod'),
    ...ownerLabels(pod, look, attaches),
  };
}

/** What manages the pod and, where that is asked for, what manages this. */
function ownerLabels(pod: Pod, look: Look, attaches: Attached): LabelSet {
  const { kind = '', name = '' } = controllerOf(pod) ?? {};
  const key = keyOf(pod.metadata.namespace ?? '', name);
  const out: LabelSet = {};
  if (kind !== '') out[`${PREFIX}pod_controller_kind`] = kind;
  if (name !== '') out[`${PREFIX}pod_controller_name`] = name;
  if (kind === 'ReplicaSet' && attaches.deployment) {
    const replicaSet = look('replicaSets', key);
    const owner = replicaSet && controllerOf(replicaSet);
    if (owner?.kind === 'Deployment') out[`${PREFIX}pod_deployment_name`] = owner.name ?? '';
  }
  if (kind !== 'Job') return out;
  if (attaches.job) out[`${PREFIX}pod_job_name`] = name;
  if (attaches.cronJob) {
    const job = look('jobs', key);
    const owner = job && controllerOf(job);
    if (owner?.kind === 'CronJob') out[`${PREFIX}pod_cronjob_name`] = owner.name ?? '';
  }
  return out;
}

export function nodeLabels(look: Look, name: string | undefined): LabelSet {
  const node = name === undefined ? undefined : look('nodes', name);
  return node ? objectLabels(node, 'node') : {};
}

export function namespaceLabels(look: Look, name: string): LabelSet {
  const namespace = look('namespaces', name);
  return namespace ? ownLabels(namespace.metadata, 'namespace') : {};
}

export function containersOf({ spec = {} }: Pod): { container: Container; isInit: boolean }[] {
  return [
    ...(spec.containers ?? []).map((container) => ({ container, isInit: false })),
    ...(spec.initContainers ?? []).map((container) => ({ container, isInit: true })),
  ];
}

/** Of a container's port where it stands behind an endpoint. */
export function containerPortLabels(
  { name, image = '' }: Container,
  isInit: boolean,
  port: ContainerPort,
  protocol: string | undefined,
): LabelSet {
  return {
    [`${CONTAINER}name`]: name,
    [`${CONTAINER}image`]: image,
    [`${CONTAINER}init`]: String(isInit),
    ...portLabels(port, protocol),
  };
}

function portLabels({ name = '', containerPort = 0 }: ContainerPort, protocol = ''): LabelSet {
  return {
    [`${CONTAINER}port_name`]: name,
    [`${CONTAINER}port_number`]: String(containerPort),
    [`${CONTAINER}port_protocol`]: protocol,
  };
}

function containerId({ status = {} }: Pod, name: string, isInit: boolean): string {
  const statuses = isInit ? status.initContainerStatuses : status.containerStatuses;
  return statuses?.find((one) => one.name === name)?.containerID ?? '';
}
