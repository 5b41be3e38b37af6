/** `EndpointSlice`s as targets: one for each port of each address of an endpoint. */

import { keyOf } from '../../../kube/kube-object.ts';
import type { TargetGroup } from '../../target.ts';
import {
  hostPort,
  type LabelSet,
  labelName,
  NAMESPACE,
  objectLabels,
  optional,
  PREFIX,
  target,
} from './meta-labels.ts';
import type { Look } from './neighbours.ts';
import type { EndpointPort, EndpointSlice, Service, SliceEndpoint } from './objects.ts';
import { type Attached, namespaceLabels, nodeLabels } from './pod.ts';
import { PodsBehind } from './pods-behind.ts';
import { serviceLabels } from './service.ts';

const SLICE = `${PREFIX}endpointslice_`;
const ENDPOINT = `${SLICE}endpoint_`;
/** A label of a slice: of which service it is. */
const SERVICE_NAME = 'kubernetes.io/service-name';
const DUAL_STACK: ReadonlySet<string | undefined> = new Set(['PreferDualStack', 'RequireDualStack']);

export function endpointSliceTargets(slice: EndpointSlice, look: Look, attaches: Attached): TargetGroup[] {
  const { namespace = '', labels = {} } = slice.metadata;
  const serviceName = labels[SERVICE_NAME];
  const service = serviceName === undefined ? undefined : look('services', keyOf(namespace, serviceName));
  if (isSecondFamily(slice, service)) return [];
  const shared = {
    [NAMESPACE]: namespace,
    [`${SLICE}address_type`]: slice.addressType ?? '',
    ...objectLabels(slice, 'endpointslice'),
    ...(service && serviceLabels(service)),
    ...namespaceLabels(look, namespace),
  };
  const pods = new PodsBehind(look, attaches);
  const targets: TargetGroup[] = [];
  for (const endpoint of slice.endpoints ?? []) {
    for (const port of slice.ports ?? []) {
      for (const address of endpoint.addresses ?? []) {
        const own = {
          ...portLabels(port),
          ...endpointLabels(endpoint),
          ...nodeLabels(look, nodeOf(endpoint)),
          ...pods.labels(endpoint.targetRef, port.port),
        };
        targets.push(target(port.port === undefined ? address : hostPort(address, port.port), own, shared));
      }
    }
  }
  return [...targets, ...pods.furtherTargets(shared)];
}

/** A service of two families of addresses has slices of each, for the same pods: those of its first are taken. */
function isSecondFamily({ addressType }: EndpointSlice, service: Service | undefined): boolean {
  const { ipFamilyPolicy, ipFamilies = [] } = service?.spec ?? {};
  return DUAL_STACK.has(ipFamilyPolicy) && ipFamilies.length > 0 && addressType !== ipFamilies[0];
}

function portLabels({ name, protocol, port, appProtocol }: EndpointPort): LabelSet {
  return {
    ...optional(`${SLICE}port_name`, name),
    ...optional(`${SLICE}port_protocol`, protocol),
    ...optional(`${SLICE}port`, port === undefined ? undefined : String(port)),
    ...optional(`${SLICE}port_app_protocol`, appProtocol),
  };
}

function endpointLabels(endpoint: SliceEndpoint): LabelSet {
  const { conditions = {}, targetRef, deprecatedTopology = {} } = endpoint;
  const topology: LabelSet = {};
  for (const [key, value] of Object.entries(deprecatedTopology)) {
    topology[`${ENDPOINT}topology_${labelName(key)}`] = value;
    topology[`${ENDPOINT}topology_present_${labelName(key)}`] = 'true';
  }
  return {
    ...optional(`${ENDPOINT}conditions_ready`, conditions.ready),
    ...optional(`${ENDPOINT}conditions_serving`, conditions.serving),
    ...optional(`${ENDPOINT}conditions_terminating`, conditions.terminating),
    ...optional(`${ENDPOINT}hostname`, endpoint.hostname),
    ...(targetRef && {
      [`${SLICE}address_target_kind`]: targetRef.kind ?? '',
      [`${SLICE}address_target_name`]: targetRef.name ?? '',
    }),
    ...optional(`${ENDPOINT}node_name`, endpoint.nodeName),
    ...optional(`${ENDPOINT}zone`, endpoint.zone),
    ...topology,
  };
}

function nodeOf({ nodeName, targetRef }: SliceEndpoint): string | undefined {
  return targetRef?.kind === 'Node' ? targetRef.name : nodeName;
}
