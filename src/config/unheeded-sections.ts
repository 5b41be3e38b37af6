/**
 * Sections of a `prometheus.yml` that have no effect here, and ways to find targets that there are not: a check of the file
 * tells their faults all the same, since the original would not start with them.
 */

import * as yaml from 'yaml';
import { ConfigError } from './config-error.ts';
import { HTTP_CLIENT_KEYS, readHttpClient } from './http-client-section.ts';
import { readRemoteHeaders } from './remote-section.ts';
import { UNSUPPORTED_DISCOVERY } from './unsupported-discovery.ts';
import { Warnings } from './warnings.ts';
import { type Fields, parseYaml, type YamlNode } from './yaml-node.ts';

const NOT_FOR_AGENTS: readonly string[] = ['alerting', 'rule_files', 'remote_read'];

const TRACING_KEYS: readonly string[] = [
  ...['client_type', 'endpoint', 'sampling_fraction', 'insecure', 'tls_config', 'headers', 'compression'],
  'timeout',
];

/**
 * `text` is that of a configuration that `file.ts` has read and found good. `isAgent`: what Prometheus' agent mode does not do
 * may not stand there. Throws `ConfigError`.
 */
export function checkUnheededSections(file: string, text: string, isAgent: boolean): void {
  const fields = parseYaml(yaml, file, text)?.known([
    ...NOT_FOR_AGENTS,
    ...['scrape_configs', 'tracing', 'runtime'],
  ]);
  if (!fields) return;
  if (isAgent) refuseForAgent(fields);
  const jobs = fields.read('scrape_configs', (v) => v.list(), []);
  const alertmanagers = fields.get('alerting')?.known(['alertmanagers']);
  for (const owner of [...jobs, ...(alertmanagers?.read('alertmanagers', (v) => v.list(), []) ?? [])]) {
    checkUnsupportedDiscovery(owner);
  }
  const tracing = fields.get('tracing');
  if (tracing) checkTracing(tracing);
  fields.get('runtime')?.fields(['gogc']);
}

function refuseForAgent(fields: Fields): void {
  for (const key of NOT_FOR_AGENTS) {
    const node = fields.get(key);
    const isGiven = node?.isList ? node.list().length > 0 : node?.isMap && node.entries().length > 0;
    if (isGiven) throw new ConfigError(`field ${key} is not allowed in agent mode`);
  }
}

/** As far as the keys of an HTTP client go, which all mechanisms share that have one. */
function checkUnsupportedDiscovery(owner: YamlNode): void {
  const warnings = new Warnings();
  const mechanisms = owner.known(UNSUPPORTED_DISCOVERY);
  for (const key of UNSUPPORTED_DISCOVERY) {
    for (const entry of mechanisms.read(key, (v) => v.list(), [])) {
      readHttpClient(entry.known(HTTP_CLIENT_KEYS), warnings);
    }
  }
}

function checkTracing(node: YamlNode): void {
  const fields = node.fields(TRACING_KEYS);
  const headers = fields.get('headers');
  if (headers) checkHeaders(headers);
  if (!fields.read('endpoint', (v) => v.string(), '')) node.fail('tracing endpoint must be set');
  fields.get('compression')?.oneOf(['', 'gzip']);
  fields.get('client_type')?.oneOf(['http', 'grpc']);
}

function checkHeaders(node: YamlNode): void {
  if (node.entries().some(([name]) => name.toLowerCase() === 'authorization')) {
    node.fail('custom authorization header configuration is not yet supported');
  }
  readRemoteHeaders(node);
}
