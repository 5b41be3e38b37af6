/** What targets of each role are made of, and what is looked at besides. */

import type { KubeObject, KubeResource } from '../../../kube/kube-object.ts';
import type { TargetGroup } from '../../target.ts';
import type { KubernetesRole } from '../discovery-config.ts';
import { endpointSliceTargets } from './endpoint-slice.ts';
import { endpointsTargets } from './endpoints.ts';
import { ingressTargets } from './ingress.ts';
import type { Look, NeighbourKind, NeighbourKinds } from './neighbours.ts';
import { nodeTargets } from './node.ts';
import {
  ENDPOINT_SLICES,
  ENDPOINTS,
  INGRESSES,
  JOBS,
  NAMESPACES,
  NODES,
  PODS,
  REPLICA_SETS,
  SERVICES,
} from './objects.ts';
import { type Attached, podTargets } from './pod.ts';
import { serviceTargets } from './service.ts';

export interface Role {
  /** Of whose objects the targets are. */
  readonly resource: KubeResource<KubeObject>;
  readonly build: (object: KubeObject, look: Look, attaches: Attached) => TargetGroup[];
  readonly neighbours: (attaches: Attached) => readonly NeighbourKind[];
}

/** A neighbour's kind: where its objects are, and the role whose selector and counters are theirs. */
export interface NeighbourSource<Kind extends NeighbourKind> {
  readonly resource: KubeResource<NeighbourKinds[Kind]>;
  readonly role: KubernetesRole | undefined;
}

export const NEIGHBOURS: { readonly [Kind in NeighbourKind]: NeighbourSource<Kind> } = {
  pods: { resource: PODS, role: 'pod' },
  services: { resource: SERVICES, role: 'service' },
  nodes: { resource: NODES, role: 'node' },
  namespaces: { resource: NAMESPACES, role: undefined },
  replicaSets: { resource: REPLICA_SETS, role: undefined },
  jobs: { resource: JOBS, role: undefined },
};

export const ROLES: Readonly<Record<KubernetesRole, Role>> = {
  pod: role(PODS, podTargets, ofPods),
  service: role(SERVICES, serviceTargets, ofNamespaces),
  endpoints: role(ENDPOINTS, endpointsTargets, (a) => ['services', 'pods', ...ofPods(a)]),
  endpointslice: role(ENDPOINT_SLICES, endpointSliceTargets, (a) => ['services', 'pods', ...ofPods(a)]),
  node: role(NODES, nodeTargets, () => []),
  ingress: role(INGRESSES, ingressTargets, ofNamespaces),
};

function ofPods(attaches: Attached): NeighbourKind[] {
  return [
    ...(attaches.node ? (['nodes'] as const) : []),
    ...ofNamespaces(attaches),
    ...(attaches.deployment ? (['replicaSets'] as const) : []),
    ...(attaches.cronJob ? (['jobs'] as const) : []),
  ];
}

function ofNamespaces({ namespace }: Attached): NeighbourKind[] {
  return namespace ? ['namespaces'] : [];
}

function role<T extends KubeObject>(
  resource: KubeResource<T>,
  build: (object: T, look: Look, attaches: Attached) => TargetGroup[],
  neighbours: Role['neighbours'],
): Role {
  return { resource: resource as unknown as Role['resource'], build: build as Role['build'], neighbours };
}
