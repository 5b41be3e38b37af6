/**
 * `receivers` of an Alertmanager's configuration. Kinds of receivers that Trilite cannot send to are read all the same, with a
 * warning that says whose notifications will be missing.
 */

import type { IntegrationConfig, ReceiverConfig } from '../../alertmanager/receiver-config.ts';
import { readStringMap } from '../node-values.ts';
import type { Warnings } from '../warnings.ts';
import type { Fields, YamlNode } from '../yaml-node.ts';
import { readDiscord, readTeams, readTeamsV2, readTelegram, readWebex } from './chat-receivers.ts';
import { readEmail } from './email-receiver.ts';
import type { GlobalConfig } from './global-config.ts';
import { readIncidentio } from './incidentio-receiver.ts';
import { readOpsgenie, readPushover, readVictorops } from './pager-receivers.ts';
import { readPagerduty } from './pagerduty-receiver.ts';
import { type Entry, textOf } from './receiver-fields.ts';
import { readSlack } from './slack-receiver.ts';
import { readMattermost, readRocketchat } from './team-chat-receivers.ts';
import { readWebhook } from './webhook-receiver.ts';

/** In the order in which a receiver's integrations are made. */
const READERS: Readonly<Record<string, (entry: Entry) => IntegrationConfig>> = {
  webhook_configs: readWebhook,
  email_configs: readEmail,
  pagerduty_configs: readPagerduty,
  opsgenie_configs: readOpsgenie,
  slack_configs: readSlack,
  victorops_configs: readVictorops,
  pushover_configs: readPushover,
  telegram_configs: readTelegram,
  discord_configs: readDiscord,
  webex_configs: readWebex,
  msteams_configs: readTeams,
  msteamsv2_configs: readTeamsV2,
  incidentio_configs: readIncidentio,
  rocketchat_configs: readRocketchat,
  mattermost_configs: readMattermost,
};

/** Kinds of the original's that nothing is sent to. */
const UNSUPPORTED: readonly string[] = ['wechat_configs', 'sns_configs', 'jira_configs'];

const KEYS = ['name', 'labels', ...Object.keys(READERS), ...UNSUPPORTED];

/** `node` is undefined where there are none. Throws `ConfigError`, in the original's words. */
export function readReceivers(
  node: YamlNode | undefined,
  global: GlobalConfig,
  warnings: Warnings,
): ReceiverConfig[] {
  const names = new Set<string>();
  return (node?.list() ?? []).map((item) => {
    const receiver = readReceiver(item, global, warnings);
    if (names.has(receiver.name)) {
      item.fail(`notification config name ${JSON.stringify(receiver.name)} is not unique`);
    }
    names.add(receiver.name);
    return receiver;
  });
}

function readReceiver(node: YamlNode, global: GlobalConfig, warnings: Warnings): ReceiverConfig {
  const fields = node.fields(KEYS);
  const name = textOf(fields, 'name');
  if (name === '') node.fail('missing name in receiver');
  for (const key of UNSUPPORTED) warnOf(fields, key, name, warnings);
  return {
    name,
    labels: readLabels(fields, name),
    integrations: Object.entries(READERS).flatMap(([key, read]) => {
      const entries = fields.read(key, (v) => v.list(), []);
      return entries.map((entry, index) => read({ node: entry, index, global, warnings }));
    }),
  };
}

function readLabels(fields: Fields, name: string): Record<string, string> {
  const labels: Record<string, string> = fields.read('labels', readStringMap, {});
  if (labels.name !== undefined && labels.name !== name) {
    const [wanted, given] = [JSON.stringify(name), JSON.stringify(labels.name)];
    fields.require('labels').fail(`receiver label "name" must match receiver name ${wanted}, got ${given}`);
  }
  return { ...labels, name };
}

function warnOf(fields: Fields, key: string, receiver: string, warnings: Warnings): void {
  const node = fields.get(key);
  if (!node || node.list().length === 0) return;
  const kind = key.replace('_configs', '');
  warnings.add(node, `is not supported: receiver ${JSON.stringify(receiver)} is not notified by ${kind}`);
}
