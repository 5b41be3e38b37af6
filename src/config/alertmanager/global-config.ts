/** What `global` of an Alertmanager's configuration says, with every default filled in. */

import type { HttpClientConfig, Secret, TlsConfig } from '../../base/http-client.ts';

/** Where the services are. */
export const URLS = {
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

export const SECRETS = [
  'opsgenie_api_key',
  'victorops_api_key',
  'telegram_bot_token',
  'rocketchat_token',
  'rocketchat_token_id',
  'wechat_api_secret',
] as const;
export type SecretKey = (typeof SECRETS)[number];

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
