/** `global` of an Alertmanager's configuration: what holds for all receivers that say nothing else. */

import type { HttpClientConfig, Secret, TlsConfig } from '../../base/http-client.ts';
import { readSecret } from '../secret-fields.ts';
import { readTls } from '../tls-section.ts';
import type { Warnings } from '../warnings.ts';
import type { Fields, YamlNode } from '../yaml-node.ts';
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

export interface HostPort {
  readonly host: string;
  readonly port: string;
}

export interface SmtpDefaults {
  readonly from: string;
  readonly hello: string;
  readonly smarthost: HostPort | undefined;
  readonly username: string;
  readonly password: Secret | undefined;
  readonly secret: Secret | undefined;
  readonly identity: string;
  readonly requiresTls: boolean;
  readonly tls: TlsConfig;
  /** Undefined is by the port. */
  readonly isImplicitTls: boolean | undefined;
}

export interface GlobalConfig {
  /** How long an alert that names no end is believed. */
  readonly resolveTimeoutMs: number;
  readonly client: HttpClientConfig;
  readonly smtp: SmtpDefaults;
  readonly slackUrl: Secret | undefined;
  readonly slackAppToken: Secret | undefined;
  /** By their keys: those that are there, or have a default. */
  readonly urls: Readonly<Record<UrlKey, string | undefined>>;
  readonly secrets: Readonly<Record<SecretKey, Secret | undefined>>;
  readonly mattermostUrl: Secret | undefined;
  readonly wechatCorpId: string;
}

const RESOLVE_TIMEOUT_MS = 5 * 60_000;

/** Where the services are. */
const URLS = {
  slack_app_url: 'https://slack.com/api/chat.postMessage',
  pagerduty_url: 'https://events.pagerduty.com/v2/enqueue',
  opsgenie_api_url: 'https://api.opsgenie.com/',
  wechat_api_url: 'https://qyapi.weixin.qq.com/cgi-bin/',
  victorops_api_url: 'https://alert.victorops.com/integrations/generic/20131114/alert/',
  telegram_api_url: 'https://api.telegram.org',
  webex_api_url: 'https://webexapis.com/v1/messages',
  rocketchat_api_url: 'https://open.rocket.chat/',
  jira_api_url: undefined,
} as const;
export type UrlKey = keyof typeof URLS;

const SECRETS = [
  'opsgenie_api_key',
  'victorops_api_key',
  'telegram_bot_token',
  'rocketchat_token',
  'rocketchat_token_id',
  'wechat_api_secret',
] as const;
export type SecretKey = (typeof SECRETS)[number];

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
