/**
 * Receivers as a configuration has them, with what `global` adds filled in. Texts are templates unless said otherwise. A `Secret`
 * is read anew each time, so that a file of it may change.
 */

import type { HttpClientConfig, Secret, TlsConfig } from '../base/http-client.ts';

export interface ReceiverConfig {
  readonly name: string;
  /** What it can be chosen by; `name` is among them. */
  readonly labels: Readonly<Record<string, string>>;
  /** In the original's order: by kind, and as they are listed. */
  readonly integrations: readonly IntegrationConfig[];
}

export type IntegrationConfig =
  | WebhookConfig
  | SlackConfig
  | PagerdutyConfig
  | EmailConfig
  | TelegramConfig
  | DiscordConfig
  | TeamsConfig
  | OpsgenieConfig
  | PushoverConfig
  | VictoropsConfig
  | WebexConfig
  | RocketchatConfig
  | MattermostConfig
  | IncidentioConfig;

interface Common {
  /** Among those of its kind at the receiver, from 0. */
  readonly index: number;
  readonly sendsResolved: boolean;
}

/** What is told over HTTP. */
export interface OverHttp extends Common {
  readonly client: HttpClientConfig;
}

export interface WebhookConfig extends OverHttp {
  readonly type: 'webhook';
  /** A template. */
  readonly url: Secret;
  /** 0 is without a limit. */
  readonly maxAlerts: number;
  /** 0 is none. */
  readonly timeoutMs: number;
  /** Instead of the usual body: plain values, whose texts are templates. */
  readonly payload: unknown;
}

export interface SlackField {
  readonly title: string;
  readonly value: string;
  readonly isShort: boolean;
}

export interface SlackAction {
  readonly type: string;
  readonly text: string;
  readonly url: string;
  readonly style: string;
  readonly name: string;
  readonly value: string;
  readonly confirm:
    | { readonly text: string; readonly title: string; readonly okText: string; readonly dismissText: string }
    | undefined;
}

export interface SlackConfig extends OverHttp {
  readonly type: 'slack';
  /** No template. */
  readonly url: Secret;
  readonly channel: string;
  readonly username: string;
  readonly color: string;
  readonly title: string;
  readonly titleLink: string;
  readonly pretext: string;
  readonly text: string;
  readonly messageText: string;
  readonly footer: string;
  readonly fallback: string;
  readonly callbackId: string;
  readonly iconEmoji: string;
  readonly iconUrl: string;
  readonly imageUrl: string;
  readonly thumbUrl: string;
  readonly fields: readonly SlackField[];
  readonly actions: readonly SlackAction[];
  readonly linksNames: boolean;
  /** Parts in which markup counts; no templates. */
  readonly markdownIn: readonly string[];
  /** Whether a group's message is changed instead of sending another. */
  readonly updatesMessage: boolean;
  readonly timeoutMs: number;
}

export interface PagerdutyConfig extends OverHttp {
  readonly type: 'pagerduty';
  /** A template. With it the first version of the API is spoken. */
  readonly serviceKey: Secret | undefined;
  readonly routingKey: Secret | undefined;
  /** Of the second version. */
  readonly url: string;
  readonly sender: string;
  readonly senderUrl: string;
  readonly description: string;
  /** Plain values, whose texts are templates. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly images: readonly { readonly src: string; readonly alt: string; readonly href: string }[];
  readonly links: readonly { readonly href: string; readonly text: string }[];
  readonly source: string;
  readonly severity: string;
  readonly class: string;
  readonly component: string;
  readonly group: string;
  readonly timeoutMs: number;
}

export interface EmailConfig extends Common {
  readonly type: 'email';
  readonly to: string;
  readonly from: string;
  /** No templates from here to `tls`. */
  readonly hello: string;
  readonly host: string;
  readonly port: string;
  /** '' is without. */
  readonly username: string;
  readonly password: Secret;
  /** For CRAM-MD5. */
  readonly secret: Secret;
  readonly identity: string;
  readonly requiresTls: boolean;
  /** Whether TLS begins at once. */
  readonly isImplicitTls: boolean;
  readonly tls: TlsConfig;
  /** By their canonical names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly html: string;
  readonly text: string;
  /** Undefined is not at all. */
  readonly threading: 'none' | 'daily' | undefined;
}

export interface TelegramConfig extends OverHttp {
  readonly type: 'telegram';
  /** Without a slash at its end. */
  readonly url: string;
  readonly token: Secret;
  /** A whole number. */
  readonly chatId: Secret;
  /** 0 is none. */
  readonly threadId: number;
  readonly message: string;
  readonly isSilent: boolean;
  readonly parseMode: '' | 'Markdown' | 'MarkdownV2' | 'HTML';
}

export interface DiscordConfig extends OverHttp {
  readonly type: 'discord';
  readonly url: Secret;
  readonly content: string;
  readonly title: string;
  readonly message: string;
  /** No templates. */
  readonly username: string;
  readonly avatarUrl: string;
}

export interface TeamsConfig extends OverHttp {
  /** Connectors of Office, and workflows that came after them. */
  readonly type: 'msteams' | 'msteamsv2';
  readonly url: Secret;
  readonly title: string;
  readonly text: string;
  /** Of the older kind alone. */
  readonly summary: string;
}

export interface OpsgenieConfig extends OverHttp {
  readonly type: 'opsgenie';
  /** With a slash at its end. */
  readonly url: string;
  /** A template. */
  readonly key: Secret;
  readonly message: string;
  readonly description: string;
  readonly source: string;
  readonly details: Readonly<Record<string, string>>;
  readonly entity: string;
  readonly responders: readonly {
    readonly id: string;
    readonly name: string;
    readonly username: string;
    readonly type: string;
  }[];
  readonly actions: string;
  readonly tags: string;
  readonly note: string;
  readonly priority: string;
  readonly updatesAlerts: boolean;
}

export interface PushoverConfig extends OverHttp {
  readonly type: 'pushover';
  /** Templates, both. */
  readonly userKey: Secret;
  readonly token: Secret;
  readonly title: string;
  readonly message: string;
  readonly url: string;
  readonly urlTitle: string;
  readonly device: string;
  readonly sound: string;
  readonly priority: string;
  /** In whole seconds, as are the two below. */
  readonly retry: number;
  readonly expire: number;
  /** 0 is none. */
  readonly ttl: number;
  readonly format: 'plain' | 'html' | 'monospace';
}

export interface VictoropsConfig extends OverHttp {
  readonly type: 'victorops';
  /** With a slash at its end. */
  readonly url: string;
  readonly key: Secret;
  readonly routingKey: string;
  readonly messageType: string;
  readonly stateMessage: string;
  readonly entityDisplayName: string;
  readonly monitoringTool: string;
  readonly customFields: Readonly<Record<string, string>>;
}

export interface WebexConfig extends OverHttp {
  readonly type: 'webex';
  readonly url: string;
  readonly message: string;
  readonly roomId: string;
}

export interface RocketchatConfig extends OverHttp {
  readonly type: 'rocketchat';
  /** Without a slash at its end. */
  readonly url: string;
  readonly token: Secret;
  readonly tokenId: Secret;
  readonly channel: string;
  readonly color: string;
  readonly title: string;
  readonly titleLink: string;
  readonly text: string;
  readonly emoji: string;
  readonly iconUrl: string;
  readonly imageUrl: string;
  readonly thumbUrl: string;
  readonly fields: readonly SlackField[];
  readonly actions: readonly { readonly text: string; readonly url: string; readonly msg: string }[];
}

export interface MattermostAttachment {
  readonly fallback: string;
  readonly color: string;
  readonly pretext: string;
  readonly text: string;
  readonly authorName: string;
  readonly authorLink: string;
  readonly authorIcon: string;
  readonly title: string;
  readonly titleLink: string;
  readonly thumbUrl: string;
  readonly footer: string;
  readonly footerIcon: string;
  readonly imageUrl: string;
  readonly fields: readonly {
    readonly title: string;
    readonly value: string;
    readonly isShort: boolean | undefined;
  }[];
}

export interface MattermostConfig extends OverHttp {
  readonly type: 'mattermost';
  readonly url: Secret;
  readonly channel: string;
  readonly username: string;
  /** Of the message where it has attachments of its own, of its only one else. */
  readonly text: string;
  readonly iconUrl: string;
  readonly iconEmoji: string;
  readonly messageType: string;
  /** '' is none. */
  readonly card: string;
  readonly priority:
    | { readonly priority: string; readonly asksAck: boolean; readonly persists: boolean }
    | undefined;
  readonly attachments: readonly MattermostAttachment[];
  /** Whether the attachments are listed, which leaves the text to the message. */
  readonly listsAttachments: boolean;
}

export interface IncidentioConfig extends OverHttp {
  readonly type: 'incidentio';
  readonly url: Secret;
  /** Instead of what the client says of who we are. */
  readonly token: Secret | undefined;
  readonly maxAlerts: number;
  readonly timeoutMs: number;
}
