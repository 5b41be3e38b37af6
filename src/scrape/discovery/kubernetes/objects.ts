/**
 * Objects of a cluster that targets are made of: of each kind what is looked at, and how the rest is left out, since a watch
 * keeps every object that there is. Members are those of the API, which leaves out what is empty.
 */

import { type KubeObject, type KubeResource, keptMeta } from '../../../kube/kube-object.ts';

export interface ContainerPort {
  readonly containerPort?: number;
  readonly name?: string;
  readonly protocol?: string;
}

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly ports?: readonly ContainerPort[];
}

export interface ContainerStatus {
  readonly name: string;
  readonly containerID?: string;
}

export interface Condition {
  readonly type?: string;
  readonly status?: string;
}

export interface Pod extends KubeObject {
  readonly spec?: {
    readonly nodeName?: string;
    readonly containers?: readonly Container[];
    readonly initContainers?: readonly Container[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly hostIP?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

export interface Service extends KubeObject {
  readonly spec?: {
    readonly type?: string;
    readonly clusterIP?: string;
    readonly externalName?: string;
    readonly loadBalancerIP?: string;
    readonly ipFamilyPolicy?: string;
    readonly ipFamilies?: readonly string[];
    readonly ports?: readonly {
      readonly name?: string;
      readonly port?: number;
      readonly protocol?: string;
    }[];
  };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] } };
}

export interface ObjectReference {
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
}

export interface EndpointAddress {
  readonly ip?: string;
  readonly hostname?: string;
  readonly nodeName?: string;
  readonly targetRef?: ObjectReference;
}

export interface EndpointPort {
  readonly name?: string;
  readonly port?: number;
  readonly protocol?: string;
  readonly appProtocol?: string;
}

export interface Endpoints extends KubeObject {
  readonly subsets?: readonly {
    readonly addresses?: readonly EndpointAddress[];
    readonly notReadyAddresses?: readonly EndpointAddress[];
    readonly ports?: readonly EndpointPort[];
  }[];
}

export interface SliceEndpoint {
  readonly addresses?: readonly string[];
  readonly conditions?: {
    readonly ready?: boolean;
    readonly serving?: boolean;
    readonly terminating?: boolean;
  };
  readonly hostname?: string;
  readonly nodeName?: string;
  readonly zone?: string;
  readonly targetRef?: ObjectReference;
  readonly deprecatedTopology?: Readonly<Record<string, string>>;
}

export interface EndpointSlice extends KubeObject {
  readonly addressType?: string;
  readonly endpoints?: readonly SliceEndpoint[];
  readonly ports?: readonly EndpointPort[];
}

export interface Node extends KubeObject {
  readonly spec?: { readonly providerID?: string };
  readonly status?: {
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
    readonly conditions?: readonly Condition[];
    readonly daemonEndpoints?: { readonly kubeletEndpoint?: { readonly Port?: number } };
  };
}

export interface Ingress extends KubeObject {
  readonly spec?: {
    readonly ingressClassName?: string;
    readonly rules?: readonly {
      readonly host?: string;
      readonly http?: { readonly paths?: readonly { readonly path?: string }[] };
    }[];
    readonly tls?: readonly { readonly hosts?: readonly string[] }[];
  };
}

export const PODS: KubeResource<Pod> = {
  base: '/api/v1',
  plural: 'pods',
  isNamespaced: true,
  keep: ({ metadata, spec = {}, status = {} }) => ({
    metadata: keptMeta(metadata),
    spec: {
      ...(spec.nodeName !== undefined && { nodeName: spec.nodeName }),
      containers: (spec.containers ?? []).map(keptContainer),
      initContainers: (spec.initContainers ?? []).map(keptContainer),
    },
    status: {
      ...(status.phase !== undefined && { phase: status.phase }),
      ...(status.podIP !== undefined && { podIP: status.podIP }),
      ...(status.hostIP !== undefined && { hostIP: status.hostIP }),
      conditions: (status.conditions ?? []).filter(({ type }) => type === 'Ready').map(keptCondition),
      containerStatuses: (status.containerStatuses ?? []).map(keptStatus),
      initContainerStatuses: (status.initContainerStatuses ?? []).map(keptStatus),
    },
  }),
};

export const SERVICES: KubeResource<Service> = {
  base: '/api/v1',
  plural: 'services',
  isNamespaced: true,
  keep: (service) => ({ ...service, metadata: keptMeta(service.metadata) }),
};

export const ENDPOINTS: KubeResource<Endpoints> = {
  base: '/api/v1',
  plural: 'endpoints',
  isNamespaced: true,
  keep: ({ metadata, subsets = [] }) => ({ metadata: keptMeta(metadata), subsets }),
};

export const ENDPOINT_SLICES: KubeResource<EndpointSlice> = {
  base: '/apis/discovery.k8s.io/v1',
  plural: 'endpointslices',
  isNamespaced: true,
  keep: (slice) => ({ ...slice, metadata: keptMeta(slice.metadata) }),
};

export const NODES: KubeResource<Node> = {
  base: '/api/v1',
  plural: 'nodes',
  isNamespaced: false,
  // A status lists all images that a node has, among others.
  keep: ({ metadata, spec = {}, status = {} }) => ({
    metadata: keptMeta(metadata),
    spec: spec.providerID === undefined ? {} : { providerID: spec.providerID },
    status: {
      addresses: status.addresses ?? [],
      conditions: (status.conditions ?? []).map(keptCondition),
      ...(status.daemonEndpoints && { daemonEndpoints: status.daemonEndpoints }),
    },
  }),
};

export const INGRESSES: KubeResource<Ingress> = {
  base: '/apis/networking.k8s.io/v1',
  plural: 'ingresses',
  isNamespaced: true,
  keep: ({ metadata, spec = {} }) => ({ metadata: keptMeta(metadata), spec }),
};

export const NAMESPACES: KubeResource<KubeObject> = metadataOf('/api/v1', 'namespaces', false);
export const REPLICA_SETS: KubeResource<KubeObject> = metadataOf('/apis/apps/v1', 'replicasets', true);
export const JOBS: KubeResource<KubeObject> = metadataOf('/apis/batch/v1', 'jobs', true);

function metadataOf(base: string, plural: string, isNamespaced: boolean): KubeResource<KubeObject> {
  return { base, plural, isNamespaced, keep: ({ metadata }) => ({ metadata: keptMeta(metadata) }) };
}

function keptContainer({ name, image, ports }: Container): Container {
  return { name, ...(image !== undefined && { image }), ...(ports && { ports }) };
}

function keptStatus({ name, containerID }: ContainerStatus): ContainerStatus {
  return { name, ...(containerID !== undefined && { containerID }) };
}

function keptCondition({ type, status }: Condition): Condition {
  return { ...(type !== undefined && { type }), ...(status !== undefined && { status }) };
}
