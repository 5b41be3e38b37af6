/**
 * Tags that are not about a span but about what sent it: exporters put a resource's attributes among the tags of every
 * span. The names are those by which OpenTelemetry's collector knows them, older conventions among them.
 */

const GROUPS: Readonly<Record<string, string>> = {
  cloud: 'provider account.id region availability_zone platform',
  'aws.ecs': 'container.arn cluster.arn launchtype task.arn task.family task.revision',
  'aws.eks': 'cluster.arn',
  'aws.log': 'group.names group.arns stream.names stream.arns',
  container: 'name id runtime image.name image.tag',
  deployment: 'environment',
  device: 'id model.identifier model.name manufacturer',
  faas: 'name id version instance max_memory',
  host: 'id name type arch image.name image.id image.version',
  'k8s.cluster': 'name',
  'k8s.node': 'name uid',
  'k8s.namespace': 'name',
  'k8s.pod': 'uid name',
  'k8s.container': 'name restart_count',
  'k8s.replicaset': 'uid name',
  'k8s.deployment': 'uid name',
  'k8s.statefulset': 'uid name',
  'k8s.daemonset': 'uid name',
  'k8s.job': 'uid name',
  'k8s.cronjob': 'uid name',
  os: 'type description name version',
  process: 'pid executable.name executable.path command command_line command_args owner',
  'process.runtime': 'name version description',
  service: 'name namespace instance.id version',
  telemetry: 'sdk.name sdk.language sdk.version auto.version',
  webengine: 'name version description',
  opencensus: 'starttime exporterversion resourcetype',
};

export const RESOURCE_TAGS: ReadonlySet<string> = new Set(
  Object.entries(GROUPS).flatMap(([prefix, names]) => names.split(' ').map((name) => `${prefix}.${name}`)),
);
