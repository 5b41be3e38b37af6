/** Services as targets: one for each port, at the service's own name; mostly for probes from outside. */

import type { TargetGroup } from '../../target.ts';
import { hostPort, type LabelSet, NAMESPACE, objectLabels, PREFIX, target } from './meta-labels.ts';
import type { Look } from './neighbours.ts';
import type { Service } from './objects.ts';
import { namespaceLabels } from './pod.ts';

const SERVICE = `${PREFIX}service_`;

export function serviceTargets(service: Service, look: Look): TargetGroup[] {
  const { name = '', namespace = '' } = service.metadata;
  const { ports = [], type = '' } = service.spec ?? {};
  const shared = { ...serviceLabels(service), ...namespaceLabels(look, namespace) };
  return ports.map(({ name: portName = '', port = 0, protocol = '' }) =>
    target(
      hostPort(`${name}.${namespace}.svc`, port),
      {
        [`${SERVICE}port_name`]: portName,
        [`${SERVICE}port_number`]: String(port),
        [`${SERVICE}port_protocol`]: protocol,
        [`${SERVICE}type`]: type,
        ...addressLabels(service),
      },
      shared,
    ),
  );
}

export function serviceLabels(service: Service): LabelSet {
  return { [NAMESPACE]: service.metadata.namespace ?? '', ...objectLabels(service, 'service') };
}

function addressLabels({ spec = {}, status = {} }: Service): LabelSet {
  const { type, clusterIP = '', externalName = '', loadBalancerIP = '' } = spec;
  if (type === 'ExternalName') return { [`${SERVICE}external_name`]: externalName };
  const out = { [`${SERVICE}cluster_ip`]: clusterIP };
  if (type !== 'LoadBalancer') return out;
  const given = (status.loadBalancer?.ingress ?? []).flatMap(({ ip = '' }) => (ip === '' ? [] : [ip]));
  return { ...out, [`${SERVICE}loadbalancer_ip`]: given.length > 0 ? given.join(',') : loadBalancerIP };
}
