/** `scrape_configs:` of following logs: from YAML to `TailJob`. Ways in that are not here are refused by name. */

import { Glob } from '../tail/glob.ts';
import type { CompressionFormat, StaticTargets, TailJob } from '../tail/tail-config.ts';
import { readFileDiscovery } from './discovery-section.ts';
import { readStringMap } from './node-values.ts';
import { readRelabel } from './scrape-section.ts';
import { readDockerDiscovery, readTailKubernetesDiscovery } from './tail-discovery-section.ts';
import { readPipelineStages } from './tail-stages-section.ts';
import type { Warnings } from './warnings.ts';
import type { Fields, YamlNode } from './yaml-node.ts';

/** Ways in that Promtail has and this server has not. */
const REFUSED: Readonly<Record<string, string>> = {
  loki_push_api:
    'is not needed: this server takes pushes itself, at /loki/api/v1/push of each of its addresses. Leave the job out',
  ...Object.fromEntries(
    [
      ...['syslog', 'journal', 'windows_events', 'gcplog', 'azure_event_hubs', 'kafka', 'gelf', 'cloudflare'],
      ...['heroku_drain', 'consul_sd_configs', 'consulagent_sd_configs', 'digitalocean_sd_configs'],
      ...['dockerswarm_sd_configs', 'dns_sd_configs', 'ec2_sd_configs', 'openstack_sd_configs'],
      ...['gce_sd_configs', 'azure_sd_configs', 'marathon_sd_configs', 'nerve_sd_configs'],
      ...['serverset_sd_configs', 'triton_sd_configs'],
    ].map((key) => [key, 'is not supported: files, Docker and Kubernetes are followed']),
  ),
};

const JOB_KEYS: readonly string[] = [
  ...['job_name', 'pipeline_stages', 'static_configs', 'file_sd_configs', 'docker_sd_configs'],
  ...['kubernetes_sd_configs', 'relabel_configs', 'decompression', 'encoding'],
  ...Object.keys(REFUSED),
];

const FORMATS: Readonly<Record<string, CompressionFormat>> = { gz: 'gz', z: 'z' };

export async function readTailJobs(node: YamlNode, warnings: Warnings): Promise<TailJob[]> {
  const names = new Set<string>();
  const jobs: TailJob[] = [];
  for (const item of node.list()) {
    const fields = item.fields(JOB_KEYS);
    const job = await readJob(fields, warnings);
    if (names.has(job.name)) {
      fields
        .require('job_name')
        .fail(`there is another job of the name ${JSON.stringify(job.name)}: each keeps its own positions`);
    }
    names.add(job.name);
    jobs.push(job);
  }
  return jobs;
}

async function readJob(fields: Fields, warnings: Warnings): Promise<TailJob> {
  for (const [key, why] of Object.entries(REFUSED)) fields.get(key)?.fail(why);
  const stages = fields.get('pipeline_stages');
  return {
    name: fields.require('job_name').string(),
    pipelineStages: stages ? await readPipelineStages(stages) : [],
    staticTargets: fields.read('static_configs', (v) => v.list().map(readStatic), []),
    fileDiscovery: fields.read('file_sd_configs', (v) => v.list().map(readFileDiscovery), []),
    dockerDiscovery: fields.read(
      'docker_sd_configs',
      (v) => v.list().map((c) => readDockerDiscovery(c, warnings)),
      [],
    ),
    kubernetesDiscovery: fields.read(
      'kubernetes_sd_configs',
      (v) => v.list().map((c) => readTailKubernetesDiscovery(c, warnings)),
      [],
    ),
    relabelConfigs: fields.read('relabel_configs', (v) => v.list().map((r) => readRelabel(r, 'legacy')), []),
    decompression: fields.read('decompression', readDecompression, undefined),
    encoding: fields.read('encoding', readEncoding, undefined),
  };
}

function readStatic(node: YamlNode): StaticTargets {
  const fields = node.fields(['targets', 'labels']);
  const labels = fields.get('labels');
  for (const [name, value] of labels?.entries() ?? []) {
    if (name === '__path__' || name === '__path_exclude__') value?.parsed((text) => new Glob(text));
  }
  return {
    targets: fields.read('targets', (v) => v.strings(), []),
    labels: labels ? readStringMap(labels) : {},
  };
}

function readDecompression(node: YamlNode): TailJob['decompression'] {
  const fields = node.fields(['enabled', 'format', 'initial_delay', 'initial_sleep']);
  if (!fields.read('enabled', (v) => v.boolean(), false)) return undefined;
  const format = fields.require('format');
  const known = FORMATS[format.string()] ?? format.fail('expected gz or z; bz2 cannot be read here');
  const delay = fields.read('initial_delay', (v) => v.anyDurationMs(), 0);
  return { format: known, initialDelayMs: fields.read('initial_sleep', (v) => v.anyDurationMs(), delay) };
}

function readEncoding(node: YamlNode): string {
  const label = node.string();
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return node.fail(`the encoding ${JSON.stringify(label)} is not known`);
  }
}
