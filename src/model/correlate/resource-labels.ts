/**
 * How a resource of spans is called in metrics: which attribute names it, and under which labels its value may stand.
 * Translated names are those that OTLP's attributes get as labels; the others are what scraping, cAdvisor, kube-state-metrics
 * and the node exporter call the same thing.
 */

/** What of a resource a selector goes by, the most telling first; `target_info` and `service` are found in other ways. */
export type ResourceKind = 'instance' | 'target_info' | 'pod' | 'container' | 'service' | 'node' | 'host';

export interface ResourceLabels {
  readonly by: ResourceKind;
  readonly attribute: string;
  /** Labels that may have the attribute's value. */
  readonly labels: readonly string[];
  /** What may stand around the value in a label, as regular expressions; nothing where it is absent. */
  readonly around?: { readonly labels: readonly string[]; readonly before: string; readonly after: string };
}

export const RESOURCE_LABELS: readonly ResourceLabels[] = [
  { by: 'instance', attribute: 'service.instance.id', labels: ['instance', 'service_instance_id'] },
  { by: 'pod', attribute: 'k8s.pod.name', labels: ['pod', 'k8s_pod_name'] },
  { by: 'pod', attribute: 'k8s.pod.uid', labels: ['uid', 'k8s_pod_uid'] },
  {
    by: 'container',
    attribute: 'container.id',
    labels: ['container_id'],
    // kube-state-metrics puts the runtime before it, cAdvisor the control group.
    around: { labels: ['container_id', 'id'], before: '.*/', after: '' },
  },
  { by: 'node', attribute: 'k8s.node.name', labels: ['node', 'k8s_node_name'] },
  {
    by: 'host',
    attribute: 'host.name',
    labels: ['host', 'host_name', 'hostname', 'nodename'],
    around: { labels: ['instance'], before: '', after: '(:[0-9]+)?' },
  },
  { by: 'host', attribute: 'host.id', labels: ['host_id', 'machine_id'] },
];

/** The attribute that says in which namespace a pod is, and the labels that say it of series. */
export const POD_NAMESPACE = {
  attribute: 'k8s.namespace.name',
  labels: ['namespace', 'k8s_namespace_name'],
} as const;

/** All attributes that are looked at, with those that name the service. */
export const RESOURCE_ATTRIBUTES: readonly string[] = [
  ...new Set([...RESOURCE_LABELS.map(({ attribute }) => attribute), POD_NAMESPACE.attribute]),
];
