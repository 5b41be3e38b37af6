/** `remote_read:` of the configuration file, with the original's defaults and its words for what is wrong. */

import {
  DEFAULT_CHUNKED_READ_LIMIT_BYTES,
  DEFAULT_READ_TIMEOUT_MS,
  type RemoteReadConfig,
} from '../remote/read/remote-read-config.ts';
import { HTTP_CLIENT_KEYS, readHttpClient } from './http-client-section.ts';
import { readStringMap } from './node-values.ts';
import { readRemoteHeaders, readRemotes, readRemoteUrl } from './remote-section.ts';
import type { Warnings } from './warnings.ts';
import type { Fields, YamlNode } from './yaml-node.ts';

const REMOTE_READ_KEYS: readonly string[] = [
  ...['url', 'remote_timeout', 'chunked_read_limit', 'headers', 'read_recent', 'name'],
  ...['required_matchers', 'filter_external_labels'],
  ...HTTP_CLIENT_KEYS,
];

export function readRemoteReads(node: YamlNode, warnings: Warnings): RemoteReadConfig[] {
  return readRemotes(node, 'remote read', (item) => readRemoteRead(item.fields(REMOTE_READ_KEYS), warnings));
}

function readRemoteRead(fields: Fields, warnings: Warnings): RemoteReadConfig {
  const flag = (key: string, fallback: boolean) => fields.read(key, (v) => v.boolean(), fallback);
  const url = fields.get('url') ?? fields.node.fail('url for remote_read is empty');
  return {
    url: readRemoteUrl(url, 'remote_read'),
    name: fields.read('name', (v) => v.string(), ''),
    remoteTimeoutMs: fields.read('remote_timeout', (v) => v.durationMs(), DEFAULT_READ_TIMEOUT_MS),
    chunkedReadLimitBytes: fields.read(
      'chunked_read_limit',
      (v) => v.count(),
      DEFAULT_CHUNKED_READ_LIMIT_BYTES,
    ),
    headers: fields.read('headers', readRemoteHeaders, {}),
    readRecent: flag('read_recent', false),
    requiredMatchers: fields.read('required_matchers', readRequiredMatchers, {}),
    filterExternalLabels: flag('filter_external_labels', true),
    client: readHttpClient(fields, warnings),
  };
}

/** Any name that is not empty may be a label's. */
function readRequiredMatchers(node: YamlNode): Record<string, string> {
  const matchers = readStringMap(node);
  if (Object.hasOwn(matchers, '')) node.fail('"" is not a valid label name');
  return matchers;
}
