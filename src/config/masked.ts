/**
 * The configuration's text as it is shown to others: values that are secrets are replaced, everything else, comments
 * included, stands as it was written.
 */

import type { Node, Pair } from 'yaml';

type Yaml = typeof import('yaml');

/** What the original shows in a secret's place. */
export const MASK = '<secret>';
/** And in that of a password within a URL, where the other would need escapes. */
const PASSWORD_MASK = 'xxxxx';

const SECRET_KEYS: ReadonlySet<string> = new Set([
  'password',
  'password_hash',
  'token',
  'credentials',
  'bearer_token',
  'client_secret',
  'client_certificate_key',
  // Of discovery and of clouds that are not supported, but may stand in a file all the same.
  'application_credential_secret',
  'application_secret',
  'auth_token',
  'consumer_key',
  'private_key',
  'secret_key',
  'service_account_key',
  // Of receivers of alerts: keys, and URLs that are as good as one.
  'smtp_auth_password',
  'smtp_auth_secret',
  'auth_password',
  'auth_secret',
  'slack_api_url',
  'slack_app_token',
  'app_token',
  'routing_key',
  'service_key',
  'api_key',
  'api_secret',
  'bot_token',
  'user_key',
  'webhook_url',
  'mattermost_webhook_url',
  'opsgenie_api_key',
  'victorops_api_key',
  'telegram_bot_token',
  'wechat_api_secret',
  'rocketchat_token',
  'rocketchat_token_id',
  'token_id',
  'alert_source_token',
]);
/** Lists of mappings of which one value is a secret where elsewhere it is none. */
const SECRETS_OF_LISTS: ReadonlyMap<string, string> = new Map([
  ['webhook_configs', 'url'],
  ['incidentio_configs', 'url'],
  ['slack_configs', 'api_url'],
]);
/** Of which only the names are shown: what a header or a parameter says may be a key to something. */
const SECRET_MAPPINGS: ReadonlySet<string> = new Set([
  'http_headers',
  'headers',
  'proxy_connect_header',
  'endpoint_params',
  'basic_auth_users',
]);
/** Mappings whose `key` is a private one: of clients and of the server. */
const TLS_KEYS: ReadonlySet<string> = new Set(['tls_config', 'tls']);
const URL_WITH_PASSWORD = /^([a-z][a-z0-9+.-]*:\/\/[^:@/?#\s]*:)[^/?#\s]*@/i;

/** What stands in place of a piece of the text; by its start. */
type Replacements = Map<number, { readonly end: number; readonly shown: string }>;

/** A URL without the password that it may have. */
export function maskPassword(text: string): string {
  return text.replace(URL_WITH_PASSWORD, `$1${PASSWORD_MASK}@`);
}

/** Still a URL: clients of Alertmanager before 0.26 read a configuration only where it is one. */
function maskWebhook(url: unknown): string {
  return typeof url === 'string' && URL.canParse(url) ? `${new URL(url).origin}/${MASK}` : MASK;
}

/** `text` is valid YAML. */
export function maskSecrets(yaml: Yaml, text: string): string {
  const document = yaml.parseDocument(text);
  const replacements: Replacements = new Map();
  /** What an alias stands for is written elsewhere, and as secret there. */
  const resolved = (value: unknown): unknown => (yaml.isAlias(value) ? value.resolve(document) : value);
  const mask = (value: unknown, shown = MASK): void => {
    const node = resolved(value);
    if (yaml.isNode(node) && node.range) replacements.set(node.range[0], { end: node.range[1], shown });
  };
  const maskValues = (node: Node): void => {
    yaml.visit(node, {
      Scalar: (place, scalar) => (place === 'key' ? undefined : mask(scalar)),
      Alias: (_, alias) => mask(alias),
    });
  };
  yaml.visit(document, {
    Pair(_, { key, value }: Pair) {
      if (!yaml.isScalar(key)) return;
      const name = String(key.value);
      if (SECRET_KEYS.has(name)) mask(value);
      const inside = resolved(value);
      if (SECRET_MAPPINGS.has(name) && yaml.isNode(inside)) maskValues(inside);
      if (TLS_KEYS.has(name) && yaml.isMap(inside)) mask(inside.get('key', true));
      const secret = SECRETS_OF_LISTS.get(name);
      if (secret === undefined || !yaml.isSeq(inside)) return;
      for (const item of inside.items.map(resolved)) {
        if (!yaml.isMap(item)) continue;
        const shown = name === 'webhook_configs' ? maskWebhook(item.get(secret)) : MASK;
        mask(item.get(secret, true), shown);
      }
    },
    Map(_, map) {
      // A key of processors' hashes: elsewhere `key` is a name.
      if (map.has('hash') && map.has('key')) mask(map.get('key', true));
    },
    Scalar(place, { value, range }) {
      if (place === 'key' || typeof value !== 'string' || !range || replacements.has(range[0])) return;
      const shown = maskPassword(value);
      if (shown === value) return;
      const written = text.slice(range[0], range[1]);
      const isVerbatim = written.includes(value);
      const instead = isVerbatim ? written.replace(value, () => shown) : JSON.stringify(shown);
      replacements.set(range[0], { end: range[1], shown: instead });
    },
  });
  return replaced(text, replacements);
}

function replaced(text: string, replacements: Replacements): string {
  let out = '';
  let at = 0;
  for (const [start, { end, shown }] of [...replacements].sort(([a], [b]) => a - b)) {
    if (start < at) continue;
    // A block of lines ends with the line, and what stands for it must too.
    const isBlock = text.slice(start, end).endsWith('\n') && !shown.endsWith('\n');
    out += text.slice(at, start) + shown + (isBlock ? '\n' : '');
    at = end;
  }
  return out + text.slice(at);
}
