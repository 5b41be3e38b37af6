/** `email_configs` of a receiver. */

import type { EmailConfig } from '../../alertmanager/receiver-config.ts';
import { readTls } from '../tls-section.ts';
import type { Fields, YamlNode } from '../yaml-node.ts';
import { readHostPort } from './global-section.ts';
import { type Entry, readFlag, readSecretPair, secretPair, textOf } from './receiver-fields.ts';

const KEYS: readonly string[] = [
  ...[
    'send_resolved',
    'to',
    'from',
    'hello',
    'smarthost',
    'auth_username',
    'auth_identity',
    'headers',
    'html',
  ],
  ...['text', 'require_tls', 'tls_config', 'force_implicit_tls', 'threading'],
  ...['auth_password', 'auth_secret'].flatMap(secretPair),
];

/** Where TLS begins at once unless said otherwise. */
const IMPLICIT_TLS_PORT = '465';

export function readEmail(entry: Entry): EmailConfig {
  const { node, index } = entry;
  const { smtp } = entry.global;
  const fields = node.fields(KEYS);
  const to = textOf(fields, 'to');
  if (to === '') node.fail('missing to address in email config');
  const own = fields.read('smarthost', readHostPort, undefined);
  const { host, port } = own ?? smtp.smarthost ?? node.fail('no global SMTP smarthost set');
  const from = textOf(fields, 'from') || smtp.from;
  if (from === '') node.fail('no global SMTP from set');
  const headers: Record<string, string> = fields.read('headers', readHeaders, {});
  const forced = fields.read('force_implicit_tls', (v) => v.boolean(), smtp.isImplicitTls);
  return {
    type: 'email',
    index,
    sendsResolved: readFlag(fields, 'send_resolved', false),
    ...{ to, from },
    hello: textOf(fields, 'hello') || smtp.hello,
    ...{ host, port },
    username: textOf(fields, 'auth_username') || smtp.username,
    password: readSecretPair(fields, 'auth_password') ?? smtp.password ?? {},
    secret: readSecretPair(fields, 'auth_secret') ?? smtp.secret ?? {},
    identity: textOf(fields, 'auth_identity') || smtp.identity,
    requiresTls: readFlag(fields, 'require_tls', smtp.requiresTls),
    isImplicitTls: forced ?? port === IMPLICIT_TLS_PORT,
    tls: fields.read('tls_config', readTls, smtp.tls),
    headers,
    html: textOf(fields, 'html', '{{ template "email.default.html" . }}'),
    text: textOf(fields, 'text', '{{ template "email.default.text" . }}'),
    threading: fields.read('threading', (v) => readThreading(v, headers), undefined),
  };
}

/** By canonical names, of which none may be there twice. */
function readHeaders(node: YamlNode): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of node.entries()) {
    const canonical = canonicalName(name);
    if (Object.hasOwn(out, canonical))
      node.fail(`duplicate header ${JSON.stringify(canonical)} in email config`);
    out[canonical] = value?.string() ?? '';
  }
  return out;
}

/** `message-id` is `Message-Id`; what is no name stays. */
function canonicalName(name: string): string {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) return name;
  return name.toLowerCase().replace(/(^|-)([a-z])/g, (_, dash: string, c: string) => dash + c.toUpperCase());
}

function readThreading(node: YamlNode, headers: Readonly<Record<string, string>>): EmailConfig['threading'] {
  const fields: Fields = node.fields(['enabled', 'thread_by_date']);
  if (!readFlag(fields, 'enabled', false)) return undefined;
  for (const name of ['References', 'In-Reply-To']) {
    if (!Object.hasOwn(headers, name)) continue;
    node.fail(`conflicting configuration: threading.enabled conflicts with custom ${name} header`);
  }
  const by = textOf(fields, 'thread_by_date');
  if (by === 'none' || by === 'daily') return by;
  return node.fail("threading.thread_by_date must be either 'none' or 'daily'");
}
