/** `Endpoints` as targets: one for each port of each address of a service, ready or not. */

import { objectKey } from '../../../kube/kube-object.ts';
import type { TargetGroup } from '../../target.ts';
import { hostPort, type LabelSet, NAMESPACE, objectLabels, optional, PREFIX, target } from './meta-labels.ts';
import type { Look } from './neighbours.ts';
import type { EndpointAddress, EndpointPort, Endpoints } from './objects.ts';
import { type Attached, namespaceLabels, nodeLabels } from './pod.ts';
import { PodsBehind } from './pods-behind.ts';
import { serviceLabels } from './service.ts';

const ENDPOINT = `${PREFIX}endpoint_`;

export function endpointsTargets(endpoints: Endpoints, look: Look, attaches: Attached): TargetGroup[] {
  const { namespace = '' } = endpoints.metadata;
  const service = look('services', objectKey(endpoints));
  const shared = {
    [NAMESPACE]: namespace,
    ...(service && serviceLabels(service)),
    ...objectLabels(endpoints, 'endpoints'),
    ...namespaceLabels(look, namespace),
  };
  const pods = new PodsBehind(look, attaches);
  const targets: TargetGroup[] = [];
  const add = (address: EndpointAddress, port: EndpointPort, ready: string): void => {
    const labels = {
      ...endpointLabels(address, port, ready),
      ...nodeLabels(look, nodeOf(address)),
      ...pods.labels(address.targetRef, port.port ?? 0, port.protocol ?? ''),
    };
    targets.push(target(hostPort(address.ip ?? '', port.port ?? 0), labels, shared));
  };
  for (const { ports = [], addresses = [], notReadyAddresses = [] } of endpoints.subsets ?? []) {
    for (const port of ports) {
      for (const address of addresses) add(address, port, 'true');
      for (const address of notReadyAddresses) add(address, port, 'false');
    }
  }
  return [...targets, ...pods.furtherTargets(shared)];
}

function endpointLabels(
  { targetRef, nodeName, hostname }: EndpointAddress,
  port: EndpointPort,
  ready: string,
): LabelSet {
  return {
    [`${ENDPOINT}port_name`]: port.name ?? '',
    [`${ENDPOINT}port_protocol`]: port.protocol ?? '',
    [`${ENDPOINT}ready`]: ready,
    ...(targetRef && {
      [`${ENDPOINT}address_target_kind`]: targetRef.kind ?? '',
      [`${ENDPOINT}address_target_name`]: targetRef.name ?? '',
    }),
    ...optional(`${ENDPOINT}node_name`, nodeName),
    ...optional(`${ENDPOINT}hostname`, hostname),
  };
}

function nodeOf({ nodeName, targetRef }: EndpointAddress): string | undefined {
  return nodeName ?? (targetRef?.kind === 'Node' ? targetRef.name : undefined);
}
