/** Nodes as targets: the kubelet of each. */

import type { TargetGroup } from '../../target.ts';
import { hostPort, type LabelSet, labelName, objectLabels, PREFIX, target } from './meta-labels.ts';
import type { Node } from './objects.ts';

const NODE = `${PREFIX}node_`;
/** Kinds of addresses, the most useful first. */
const ADDRESS_KINDS: readonly string[] = [
  ...['InternalIP', 'InternalDNS', 'ExternalIP', 'ExternalDNS', 'LegacyHostIP', 'Hostname'],
];

/** None where the node has no address. */
export function nodeTargets(node: Node): TargetGroup[] {
  const { addresses = [], conditions = [], daemonEndpoints } = node.status ?? {};
  /** The first of each kind. */
  const known = new Map<string, string>();
  for (const { type, address } of addresses) if (!known.has(type)) known.set(type, address);
  const kind = ADDRESS_KINDS.find((one) => known.has(one));
  if (kind === undefined) return [];
  const labels: LabelSet = { instance: node.metadata.name ?? '' };
  for (const [type, address] of known) labels[labelName(`${NODE}address_${type}`)] = address;
  const shared: LabelSet = { [`${NODE}provider_id`]: node.spec?.providerID ?? '' };
  for (const { type = '', status = '' } of conditions) {
    shared[`${NODE}condition_${labelName(type.toLowerCase())}`] = status.toLowerCase();
  }
  const port = daemonEndpoints?.kubeletEndpoint?.Port ?? 0;
  return [target(hostPort(known.get(kind)!, port), labels, { ...shared, ...objectLabels(node, 'node') })];
}
