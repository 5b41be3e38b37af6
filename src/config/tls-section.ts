/** `tls_config` of an HTTP client. */

import type { TlsConfig, TlsVersion } from '../base/http-client.ts';
import { readSecret, secretKeys } from './secret-fields.ts';
import type { YamlNode } from './yaml-node.ts';

/** Ascending. */
const VERSIONS: ReadonlyMap<string, TlsVersion> = new Map([
  ['TLS10', 'TLSv1'],
  ['TLS11', 'TLSv1.1'],
  ['TLS12', 'TLSv1.2'],
  ['TLS13', 'TLSv1.3'],
]);

export function readTls(node: YamlNode): TlsConfig {
  const fields = node.fields([
    ...['ca', 'cert', 'key'].flatMap(secretKeys),
    ...['server_name', 'insecure_skip_verify', 'min_version', 'max_version'],
  ]);
  const ca = readSecret(fields, 'ca', 'at most one of ca, ca_file & ca_ref must be configured');
  const cert = readSecret(fields, 'cert', 'at most one of cert, cert_file & cert_ref must be configured');
  const key = readSecret(fields, 'key', 'at most one of key and key_file must be configured');
  if (cert && !key) {
    node.fail('exactly one of key or key_file must be configured when a client certificate is configured');
  }
  if (key && !cert) {
    node.fail('exactly one of cert or cert_file must be configured when a client key is configured');
  }
  const minVersion = fields.read('min_version', readTlsVersion, undefined);
  const maxVersion = fields.read('max_version', readTlsVersion, undefined);
  if (minVersion && maxVersion && isBefore(maxVersion, minVersion)) {
    const rule = 'tls_config.max_version must be greater than or equal to tls_config.min_version';
    fields.require('max_version').fail(`${rule} if both are specified`);
  }
  return {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    serverName: fields.read('server_name', (v) => v.string(), ''),
    insecureSkipVerify: fields.read('insecure_skip_verify', (v) => v.boolean(), false),
    ...(minVersion && { minVersion }),
    ...(maxVersion && { maxVersion }),
  };
}

export function isBefore(a: TlsVersion, b: TlsVersion): boolean {
  const order = [...VERSIONS.values()];
  return order.indexOf(a) < order.indexOf(b);
}

export function readTlsVersion(node: YamlNode): TlsVersion {
  return VERSIONS.get(node.string()) ?? node.fail(`unknown TLS version: ${node.string()}`);
}

/** As a configuration has it. */
export function tlsVersionName(version: TlsVersion): string {
  return [...VERSIONS].find(([, name]) => name === version)![0];
}
