/** The keys by which a job, or a set of Alertmanagers, says where its targets are found. */

import {
  DEFAULT_DNS_REFRESH_MS,
  DEFAULT_DOCKER_PORT,
  DEFAULT_DOCKER_REFRESH_MS,
  DEFAULT_FILE_REFRESH_MS,
  DEFAULT_HTTP_REFRESH_MS,
  type DiscoveryConfig,
  type DnsDiscoveryConfig,
  type DnsRecordType,
  type DockerDiscoveryConfig,
  type FileDiscoveryConfig,
  type HttpDiscoveryConfig,
  type StaticConfig,
  type SwarmDiscoveryConfig,
  type SwarmRole,
} from '../scrape/discovery/discovery-config.ts';
import { HTTP_CLIENT_KEYS, readHttpClient } from './http-client-section.ts';
import { readKubernetesDiscovery } from './kubernetes-discovery-section.ts';
import { positiveDuration, readStringMap } from './node-values.ts';
import { UNSUPPORTED_DISCOVERY, warnUnsupportedDiscovery } from './unsupported-discovery.ts';
import type { Warnings } from './warnings.ts';
import type { Fields, YamlNode } from './yaml-node.ts';

/** Stand beside the other keys of whoever has targets. */
export const DISCOVERY_KEYS: readonly string[] = [
  ...['static_configs', 'file_sd_configs', 'http_sd_configs', 'dns_sd_configs', 'docker_sd_configs'],
  ...['dockerswarm_sd_configs', 'kubernetes_sd_configs'],
  ...UNSUPPORTED_DISCOVERY,
];

const RECORD_TYPES: readonly DnsRecordType[] = ['SRV', 'A', 'AAAA', 'MX', 'NS'];
const SWARM_ROLES: readonly SwarmRole[] = ['tasks', 'services', 'nodes'];
const DOCKER_HOST = /^(?:unix:\/\/|tcp:\/\/|https?:\/\/)./;

export function readDiscovery(fields: Fields, warnings: Warnings): DiscoveryConfig {
  warnUnsupportedDiscovery(fields, warnings);
  const all = <T>(key: string, read: (node: YamlNode) => T): T[] =>
    fields.read(key, (v) => v.list().map(read), []);
  return {
    staticConfigs: all('static_configs', readStatic),
    fileDiscovery: all('file_sd_configs', readFileDiscovery),
    httpDiscovery: all('http_sd_configs', (node) => readHttpDiscovery(node, warnings)),
    dnsDiscovery: all('dns_sd_configs', readDnsDiscovery),
    dockerDiscovery: all('docker_sd_configs', (node) => readDockerDiscovery(node, warnings)),
    swarmDiscovery: all('dockerswarm_sd_configs', (node) => readSwarmDiscovery(node, warnings)),
    kubernetesDiscovery: all('kubernetes_sd_configs', (node) => readKubernetesDiscovery(node, warnings)),
  };
}

function readStatic(node: YamlNode): StaticConfig {
  const fields = node.fields(['targets', 'labels']);
  return {
    targets: fields.read('targets', (v) => v.strings(), []),
    labels: fields.read('labels', readStringMap, {}),
  };
}

/** Where no relabelling makes addresses of them, targets must be addresses already. */
export function checkStaticTargets(node: YamlNode): void {
  const groups = node.list().map((item) => item.known(['targets']));
  for (const target of groups.flatMap((group) => group.read('targets', (v) => v.list(), []))) {
    if (target.string().includes('/'))
      target.fail(`${JSON.stringify(target.string())} is not a valid hostname`);
  }
}

export function readFileDiscovery(node: YamlNode): FileDiscoveryConfig {
  const fields = node.fields(['files', 'refresh_interval']);
  const files = fields.get('files')?.list() ?? [];
  if (files.length === 0) node.fail('file service discovery config must contain at least one path name');
  return {
    files: files.map((file) => {
      const path = file.string();
      if (/^[^*]*(\*[^/]*)?\.(json|yml|yaml|JSON|YML|YAML)$/.test(path)) return file.filePath();
      return file.fail(
        `path name ${JSON.stringify(path)} is not valid for file discovery: it ends in .json, .yml or .yaml`,
      );
    }),
    refreshIntervalMs: readRefresh(fields, DEFAULT_FILE_REFRESH_MS),
  };
}

function readHttpDiscovery(node: YamlNode, warnings: Warnings): HttpDiscoveryConfig {
  const fields = node.fields(['url', 'refresh_interval', ...HTTP_CLIENT_KEYS]);
  const url = fields.get('url')?.string() ?? '';
  if (url === '') node.fail('URL is missing');
  const at = fields.require('url');
  if (!/^https?:/i.test(url)) at.fail("URL scheme must be 'http' or 'https'");
  const host = /^https?:\/\/([^/?#]*)/i.exec(url)?.[1] ?? '';
  if (host === '') at.fail('host is missing in URL');
  if (!URL.canParse(url)) at.fail(`${JSON.stringify(url)} is not a URL`);
  return {
    url,
    refreshIntervalMs: readRefresh(fields, DEFAULT_HTTP_REFRESH_MS),
    client: readHttpClient(fields, warnings),
  };
}

function readDnsDiscovery(node: YamlNode): DnsDiscoveryConfig {
  const fields = node.fields(['names', 'type', 'port', 'refresh_interval']);
  const names = fields.read('names', (v) => v.strings(), []);
  if (names.length === 0) node.fail('DNS-SD config must contain at least one SRV record name');
  const written = fields.read('type', (v) => v.string(), 'SRV');
  const type = RECORD_TYPES.find((known) => known === written.toUpperCase());
  if (!type) return fields.require('type').fail(`invalid DNS-SD records type ${written}`);
  const port = fields.read('port', (v) => v.count(), 0);
  if (port === 0 && type !== 'SRV') {
    node.fail('a port is required in DNS-SD configs for all record types except SRV');
  }
  return { names, type, port, refreshIntervalMs: readRefresh(fields, DEFAULT_DNS_REFRESH_MS) };
}

function readDockerDiscovery(node: YamlNode, warnings: Warnings): DockerDiscoveryConfig {
  const fields = node.fields([...DOCKER_KEYS, ...HTTP_CLIENT_KEYS]);
  return {
    ...readDockerFields(fields, readDockerHost(fields, warnings), warnings),
    refreshIntervalMs: readRefresh(fields, DEFAULT_DOCKER_REFRESH_MS),
  };
}

function readSwarmDiscovery(node: YamlNode, warnings: Warnings): SwarmDiscoveryConfig {
  const fields = node.fields([
    ...['host', 'role', 'port', 'filters', 'refresh_interval'],
    ...HTTP_CLIENT_KEYS,
  ]);
  const host = readDockerHost(fields, warnings);
  const written = fields.read('role', (v) => v.string(), '');
  if (written === '') return node.fail(`role missing (one of: ${SWARM_ROLES.join(', ')})`);
  const role = SWARM_ROLES.find((known) => known === written);
  if (!role) {
    return fields.require('role').fail(`invalid role ${written}, expected tasks, services, or nodes`);
  }
  return {
    host,
    role,
    filters: fields.read('filters', (v) => v.list().map(readFilter), []),
    port: fields.read('port', (v) => v.count(), DEFAULT_DOCKER_PORT),
    refreshIntervalMs: readRefresh(fields, DEFAULT_DOCKER_REFRESH_MS),
    client: readHttpClient(fields, warnings),
  };
}

/** A host that is none is told when it is to be asked, as the original does; here it is a warning before. */
function readDockerHost(fields: Fields, warnings: Warnings): string {
  const host = fields.get('host');
  if (!host || host.string() === '') return fields.node.fail('host missing');
  if (!DOCKER_HOST.test(host.string())) {
    warnings.add(
      host,
      'is none of unix:///PATH, tcp://HOST:PORT and an http(s) URL: there are no targets from it',
    );
  }
  return host.string();
}

export const DOCKER_KEYS: readonly string[] = [
  ...['host', 'port', 'filters', 'host_networking_host', 'match_first_network', 'refresh_interval'],
];

/** What scraping and following logs say alike of a Docker host. */
export function readDockerFields(
  fields: Fields,
  host: string,
  warnings: Warnings,
): Omit<DockerDiscoveryConfig, 'refreshIntervalMs'> {
  return {
    host,
    filters: fields.read('filters', (v) => v.list().map(readFilter), []),
    port: fields.read('port', (v) => v.count(), DEFAULT_DOCKER_PORT),
    hostNetworkingHost: fields.read('host_networking_host', (v) => v.string(), 'localhost'),
    matchesFirstNetwork: fields.read('match_first_network', (v) => v.boolean(), true),
    client: readHttpClient(fields, warnings),
  };
}

function readFilter(node: YamlNode): { name: string; values: string[] } {
  const fields = node.fields(['name', 'values']);
  return {
    name: fields.read('name', (v) => v.string(), ''),
    values: fields.read('values', (v) => v.strings(), []),
  };
}

function readRefresh(fields: Fields, fallback: number): number {
  return fields.read('refresh_interval', positiveDuration, fallback);
}
