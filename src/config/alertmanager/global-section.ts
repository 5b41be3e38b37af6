/** `global` of an Alertmanager's configuration: what holds for all receivers that say nothing else. */

import type { HttpClientConfig, Secret, TlsConfig } from '../../base/http-client.ts';
import { readSecret } from '../secret-fields.ts';
import { readTls } from '../tls-section.ts';
import type { Warnings } from '../warnings.ts';
import type { Fields, YamlNode } from '../yaml-node.ts';
import {
  type GlobalConfig,
  type HostPort,
  SECRETS,
  type SecretKey,
  type SmtpDefaults,
  URLS,
  type UrlKey,
} from './global-config.ts';
import {
  atMostOne,
  readFlag,
  readHttpConfig,
  readSecretPair,
  readSecretUrl,
  readUrl,
  secretPair,
  textOf,
} from './receiver-fields.ts';

const RESOLVE_TIMEOUT_MS = 5 * 60_000;

const KEYS: readonly string[] = [
  ...['resolve_timeout', 'http_config', 'wechat_api_corp_id'],
  ...['smtp_from', 'smtp_hello', 'smtp_smarthost', 'smtp_auth_username', 'smtp_auth_identity'],
  ...['smtp_require_tls', 'smtp_tls_config', 'smtp_force_implicit_tls'],
  ...['smtp_auth_password', 'smtp_auth_secret', 'slack_api_url', 'slack_app_token'].flatMap(secretPair),
  ...['mattermost_webhook_url', ...SECRETS].flatMap(secretPair),
  ...Object.keys(URLS),
];

const NO_CLIENT: HttpClientConfig = { followRedirects: true, httpHeaders: {} };
const NO_TLS: TlsConfig = { serverName: '', insecureSkipVerify: false };

/** `node` is undefined where nothing is said. Throws `ConfigError`, in the original's words. */
export function readGlobal(node: YamlNode | undefined, warnings: Warnings): GlobalConfig {
  const fields = node?.fields(KEYS);
  const secret = (key: string): Secret | undefined => fields && readSecretPair(fields, key);
  const slackUrl = fields && readSecretUrl(fields, 'slack_api_url');
  const slackAppToken = secret('slack_app_token');
  const urls = readUrls(fields);
  // The app's URL stands for the old way of giving a bot's token in a receiver's http_config.
  if (slackUrl && slackAppToken && slackUrl.value !== urls.slack_app_url) {
    const keys = 'slack_app_token/slack_app_token_file & slack_api_url/slack_api_url_file';
    fields!.node.fail(`at most one of ${keys} must be configured`);
  }
  return {
    resolveTimeoutMs: fields?.read('resolve_timeout', (v) => v.durationMs(), undefined) ?? RESOLVE_TIMEOUT_MS,
    client: fields?.read('http_config', (v) => readHttpConfig(v, warnings), undefined) ?? NO_CLIENT,
    smtp: readSmtp(fields),
    slackUrl,
    slackAppToken,
    urls,
    secrets: Object.fromEntries(SECRETS.map((key) => [key, secret(key)])) as Record<
      SecretKey,
      Secret | undefined
    >,
    mattermostUrl: fields && readSecretUrl(fields, 'mattermost_webhook_url'),
    wechatCorpId: fields ? textOf(fields, 'wechat_api_corp_id') : '',
  };
}

function readUrls(fields: Fields | undefined): Record<UrlKey, string | undefined> {
  const entries = Object.entries(URLS).map(([key, fallback]) => [
    key,
    fields?.read(key, readUrl, undefined) ?? fallback,
  ]);
  return Object.fromEntries(entries) as Record<UrlKey, string | undefined>;
}

function readSmtp(fields: Fields | undefined): SmtpDefaults {
  const text = (key: string, fallback = ''): string => (fields ? textOf(fields, key, fallback) : fallback);
  const secret = (key: string): Secret | undefined => fields && readSecret(fields, key, atMostOne(key));
  return {
    from: text('smtp_from'),
    hello: text('smtp_hello', 'localhost'),
    smarthost: fields?.read('smtp_smarthost', readHostPort, undefined),
    username: text('smtp_auth_username'),
    password: secret('smtp_auth_password'),
    secret: secret('smtp_auth_secret'),
    identity: text('smtp_auth_identity'),
    requiresTls: fields ? readFlag(fields, 'smtp_require_tls', true) : true,
    tls: fields?.read('smtp_tls_config', readTls, undefined) ?? NO_TLS,
    isImplicitTls: fields?.read('smtp_force_implicit_tls', (v) => v.boolean(), undefined),
  };
}

/** `mail.example:587`; undefined for ''. */
export function readHostPort(node: YamlNode): HostPort | undefined {
  const text = node.string();
  if (text === '') return undefined;
  const match = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:]*)$/.exec(text);
  if (!match) {
    const fault = /:.*:/.test(text) ? 'too many colons in address' : 'missing port in address';
    node.fail(`address ${text}: ${fault}`);
  }
  if (match[3] === '') node.fail(`address ${JSON.stringify(text)}: port cannot be empty`);
  return { host: match[1] ?? match[2]!, port: match[3]! };
}
