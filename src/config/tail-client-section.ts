/** `clients:` of following logs: from YAML to `ClientConfig`. */

import type { ClientConfig } from '../tail/tail-config.ts';
import { HTTP_CLIENT_KEYS, readHttpClient } from './http-client-section.ts';
import { readStringMap } from './node-values.ts';
import type { Warnings } from './warnings.ts';
import type { Fields, YamlNode } from './yaml-node.ts';

const CLIENT_KEYS: readonly string[] = [
  ...['name', 'url', 'tenant_id', 'batchwait', 'batchsize', 'external_labels', 'timeout', 'headers'],
  ...['backoff_config', 'drop_rate_limited_batches', 'stream_lag_labels', 'max_streams'],
  ...HTTP_CLIENT_KEYS,
];

/** Promtail's defaults. */
const BATCH_WAIT_MS = 1000;
const BATCH_BYTES = 1024 * 1024;
const TIMEOUT_MS = 10_000;
const BACKOFF_MIN_MS = 500;
const BACKOFF_MAX_MS = 5 * 60_000;
const RETRIES_MAX = 10;

export function readTailClients(nodes: readonly YamlNode[], warnings: Warnings): ClientConfig[] {
  const names = new Set<string>();
  return nodes.map((node) => {
    const client = readClient(node, warnings);
    let { name } = client;
    for (let n = 2; names.has(name); n++) name = `${client.name} (${n})`;
    names.add(name);
    return { ...client, name };
  });
}

function readClient(node: YamlNode, warnings: Warnings): ClientConfig {
  const fields = node.fields(CLIENT_KEYS);
  for (const key of ['stream_lag_labels', 'max_streams']) {
    const value = fields.get(key);
    if (value) warnings.add(value, 'has no meaning here and is ignored');
  }
  const url = readUrl(fields.require('url'));
  const backoff = fields.get('backoff_config')?.fields(['min_period', 'max_period', 'max_retries']);
  const minMs = backoff?.read('min_period', (v) => v.anyDurationMs(), BACKOFF_MIN_MS) ?? BACKOFF_MIN_MS;
  const maxMs = backoff?.read('max_period', (v) => v.anyDurationMs(), BACKOFF_MAX_MS) ?? BACKOFF_MAX_MS;
  return {
    // Without the credentials that may stand in it.
    name: fields.read('name', (v) => v.string(), `${url.origin}${url.pathname}`),
    url: url.href,
    tenantId: fields.read('tenant_id', (v) => v.string(), ''),
    batchWaitMs: Math.max(
      1,
      fields.read('batchwait', (v) => v.anyDurationMs(), BATCH_WAIT_MS),
    ),
    batchBytes: Math.max(
      1,
      fields.read('batchsize', (v) => v.sizeBytes(), BATCH_BYTES),
    ),
    externalLabels: fields.read('external_labels', readStringMap, {}),
    timeoutMs: Math.max(
      1,
      fields.read('timeout', (v) => v.anyDurationMs(), TIMEOUT_MS),
    ),
    backoffMinMs: minMs,
    backoffMaxMs: Math.max(minMs, maxMs),
    retriesMax: backoff?.read('max_retries', (v) => v.count(), RETRIES_MAX) ?? RETRIES_MAX,
    dropsRateLimited: fields.read('drop_rate_limited_batches', (v) => v.boolean(), false),
    http: readHttp(fields, warnings),
  };
}

function readHttp(fields: Fields, warnings: Warnings): ClientConfig['http'] {
  const client = readHttpClient(fields, warnings);
  const headers = fields.read('headers', readStringMap, {});
  const plain = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
  return { ...client, httpHeaders: { ...client.httpHeaders, ...plain } };
}

function readUrl(node: YamlNode): URL {
  const text = node.string();
  // Not shown: it may have a password in it.
  if (!URL.canParse(text)) node.fail('is not a URL');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') node.fail('expected an http or https URL');
  return url;
}
