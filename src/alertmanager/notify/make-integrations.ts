/** What a receiver is told by: an integration for each entry of its configuration. */

import type { IntegrationConfig, ReceiverConfig } from '../receiver-config.ts';
import { DISCORD, TEAMS, TEAMS_V2, TELEGRAM, WEBEX } from './chats.ts';
import { EmailIntegration } from './email.ts';
import type { NotifierParts } from './expansion.ts';
import { HttpIntegration } from './http-integration.ts';
import { INCIDENTIO } from './incidentio.ts';
import type { Integration, MakeIntegrations } from './integration.ts';
import { PagerdutyIntegration } from './pagerduty.ts';
import { OPSGENIE, PUSHOVER, VICTOROPS } from './pagers.ts';
import { SlackIntegration } from './slack.ts';
import { MATTERMOST, ROCKETCHAT } from './team-chats.ts';
import { WebhookIntegration } from './webhook.ts';

/** `templates` and `parseYaml` are of the configuration that the receivers are of. */
export function integrationMaker({
  templates,
  parseYaml,
}: Pick<NotifierParts, 'templates' | 'parseYaml'>): MakeIntegrations<ReceiverConfig> {
  return ({ integrations }, parts) =>
    integrations.map((config) => makeIntegration(config, { ...parts, templates, parseYaml }));
}

function makeIntegration(config: IntegrationConfig, parts: NotifierParts): Integration {
  switch (config.type) {
    case 'webhook':
      return new WebhookIntegration(config, parts);
    case 'email':
      return new EmailIntegration(config, parts);
    case 'pagerduty':
      return new PagerdutyIntegration(config, parts);
    case 'slack':
      return new SlackIntegration(config, parts);
    case 'telegram':
      return new HttpIntegration(config, TELEGRAM, parts);
    case 'discord':
      return new HttpIntegration(config, DISCORD, parts);
    case 'msteams':
      return new HttpIntegration(config, TEAMS, parts);
    case 'msteamsv2':
      return new HttpIntegration(config, TEAMS_V2, parts);
    case 'webex':
      return new HttpIntegration(config, WEBEX, parts);
    case 'rocketchat':
      return new HttpIntegration(config, ROCKETCHAT, parts);
    case 'mattermost':
      return new HttpIntegration(config, MATTERMOST, parts);
    case 'incidentio':
      return new HttpIntegration(config, INCIDENTIO, parts);
    case 'opsgenie':
      return new HttpIntegration(config, OPSGENIE, parts);
    case 'victorops':
      return new HttpIntegration(config, VICTOROPS, parts);
    case 'pushover':
      return new HttpIntegration(config, PUSHOVER, parts);
  }
}
