/**
 * Sections of a `prometheus.yml` that have no effect here, and ways to find targets that there are not: a check of the file tells their faults all the same, since the
 * original would not start with them.
 */

import * as yaml from 'yaml';
import { ConfigError } from './config-error.ts';
import { HTTP_CLIENT_KEYS, readHttpClient } from './http-client-section.ts';
import { readStringMap } from './node-values.ts';
import { UNSUPPORTED_DISCOVERY } from './unsupported-discovery.ts';
import { Warnings } from './warnings.ts';
import { type Fields, parseYaml, type YamlNode } from './yaml-node.ts';

const NOT_FOR_AGENTS: readonly string[] = ['alerting', 'rule_files', 'remote_read'];

const REMOTE_READ_KEYS: readonly string[] = [
  ...['url', 'remote_timeout', 'chunked_read_limit', 'headers', 'read_recent', 'name', 'required_matchers'],
  'filter_external_labels',
  ...HTTP_CLIENT_KEYS,
];
const TRACING_KEYS: readonly string[] = [
  ...['client_type', 'endpoint', 'sampling_fraction', 'insecure', 'tls_config', 'headers', 'compression'],
  'timeout',
];
/** Headers that the protocols set. */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  ...['host', 'content-encoding', 'content-length', 'content-type', 'user-agent', 'connection', 'keep-alive'],
  ...['proxy-authenticate', 'proxy-authorization', 'www-authenticate', 'accept-encoding'],
  ...['x-prometheus-remote-write-version', 'x-prometheus-remote-read-version'],
  ...['x-amz-date', 'x-amz-security-token', 'x-amz-content-sha256'],
]);

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
  const remoteRead = fields.get('remote_read');
  if (remoteRead) checkRemoteRead(remoteRead);
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

function checkRemoteRead(node: YamlNode): void {
  // All of it is told of in a warning already.
  const warnings = new Warnings();
  const names = new Set<string>();
  for (const item of node.list()) {
    const fields = item.fields(REMOTE_READ_KEYS);
    if (!fields.get('url')) item.fail('url for remote_read is empty');
    const headers = fields.get('headers');
    if (headers) checkHeaders(headers, 'must be changed via basic_auth, authorization or oauth2');
    readHttpClient(fields, warnings);
    const name = fields.read('name', (v) => v.string(), '');
    if (name !== '' && names.has(name)) {
      item.fail(`found multiple remote read configs with job name ${JSON.stringify(name)}`);
    }
    names.add(name);
  }
}

function checkTracing(node: YamlNode): void {
  const fields = node.fields(TRACING_KEYS);
  const headers = fields.get('headers');
  if (headers) checkHeaders(headers, 'is not supported');
  if (!fields.read('endpoint', (v) => v.string(), '')) node.fail('tracing endpoint must be set');
  fields.get('compression')?.oneOf(['', 'gzip']);
  fields.get('client_type')?.oneOf(['http', 'grpc']);
}

/** `authorization`: why that header may not stand there. */
function checkHeaders(node: YamlNode, authorization: string): void {
  for (const header of Object.keys(readStringMap(node))) {
    const name = header.toLowerCase();
    if (name === 'authorization') node.fail(`the authorization header ${authorization}`);
    if (RESERVED_HEADERS.has(name)) node.fail(`${header} is a reserved header. It must not be changed`);
  }
}
