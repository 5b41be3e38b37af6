/**
 * `--web.config.file`: the file by which Prometheus and its exporters are told of TLS, security headers and users, as it is.
 * What it complains of is said in the original's words, with the place in the file.
 */

import { readFileSync } from 'node:fs';
import { fileError } from '../base/file-error.ts';
import type { ServerTlsSettings } from '../base/server-tls.ts';
import { SCOPES, type UserCredential } from '../model/access.ts';
import { bcryptFault } from './bcrypt-hash.ts';
import { ConfigError } from './config-error.ts';
import { readWebTls } from './server-tls-section.ts';
import { Warnings } from './warnings.ts';
import { parseYaml, type YamlNode } from './yaml-node.ts';

export interface WebConfig {
  /** Undefined: no TLS. */
  readonly tls: ServerTlsSettings | undefined;
  /** Put on every answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** They may do everything. */
  readonly users: readonly UserCredential[];
  readonly warnings: readonly string[];
}

/** Headers that may be set, with the values that they may have; any where there are none. */
const HEADERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['Strict-Transport-Security', []],
  ['X-Content-Type-Options', ['nosniff']],
  ['X-Frame-Options', ['deny', 'sameorigin']],
  ['X-XSS-Protection', []],
  ['Content-Security-Policy', []],
]);
/** What no header may hold: it would begin another one. */
const NOT_IN_HEADER = /[^\t\x20-\x7e\x80-\xff]/;

const NOTHING: WebConfig = { tls: undefined, headers: {}, users: [], warnings: [] };

/** Throws `ConfigError`. Certificates are not looked at. */
export async function readWebConfigFile(file: string): Promise<WebConfig> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`cannot read the web configuration: ${fileError(error, file)}`);
  }
  const root = parseYaml(await import('yaml'), file, text);
  if (root === undefined) return NOTHING;
  const fields = root.fields(['tls_server_config', 'http_server_config', 'rate_limit', 'basic_auth_users']);
  const warnings = new Warnings();
  const http = fields.get('http_server_config')?.fields(['http2', 'headers']);
  const http2 = http?.read('http2', (v) => v.boolean(), true) ?? true;
  const tls = fields.read('tls_server_config', readWebTls, undefined);
  const limit = fields.get('rate_limit');
  if (limit) checkRateLimit(limit, warnings);
  return {
    tls: tls && { ...tls, http2 },
    headers: http?.read('headers', readHeaders, {}) ?? {},
    users: fields.read('basic_auth_users', readUsers, []),
    warnings: warnings.lines,
  };
}

function readHeaders(node: YamlNode): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of node.entries()) {
    const allowed =
      HEADERS.get(name) ?? node.fail(`HTTP header ${JSON.stringify(name)} can not be configured`);
    const text = value?.string() ?? '';
    if (allowed.length > 0 && !allowed.includes(text)) {
      const wanted = allowed.map((one) => JSON.stringify(one)).join(' ');
      const fault = `invalid value for ${name}. Expected one of: [${wanted}], but got: ${JSON.stringify(text)}`;
      (value ?? node).fail(fault);
    }
    if (NOT_IN_HEADER.test(text)) value!.fail(`${name} has a character that no header may have`);
    if (text !== '') headers[name] = text;
  }
  return headers;
}

function readUsers(node: YamlNode): UserCredential[] {
  return node.entries().map(([username, value]) => {
    const hash = value?.string() ?? '';
    const fault = bcryptFault(hash);
    if (fault !== undefined) (value ?? node).fail(fault);
    return { username, password: { bcrypt: hash }, scopes: SCOPES, tenants: undefined };
  });
}

function checkRateLimit(node: YamlNode, warnings: Warnings): void {
  const fields = node.fields(['burst', 'interval']);
  fields.get('burst')?.count();
  fields.get('interval')?.anyDurationMs();
  warnings.add(node, 'is not supported and is ignored');
}
