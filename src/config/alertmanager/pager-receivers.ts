/** Receivers that call people: `opsgenie_configs`, `victorops_configs`, `pushover_configs`. */

import type { OpsgenieConfig, PushoverConfig, VictoropsConfig } from '../../alertmanager/receiver-config.ts';
import type { Secret } from '../../base/http-client.ts';
import { goDurationNs } from '../../model/duration.ts';
import { readStringMap } from '../node-values.ts';
import type { YamlNode } from '../yaml-node.ts';
import {
  COMMON_KEYS,
  type Entry,
  keyOf,
  readCommon,
  readFlag,
  readSecretPair,
  readTexts,
  readUrl,
  secretPair,
} from './receiver-fields.ts';

const OPSGENIE_TEXTS = {
  message: '{{ template "opsgenie.default.message" . }}',
  description: '{{ template "opsgenie.default.description" . }}',
  source: '{{ template "opsgenie.default.source" . }}',
  entity: '',
  actions: '',
  tags: '',
  note: '',
  priority: '',
} as const;
const OPSGENIE_KEYS = [
  ...COMMON_KEYS,
  ...secretPair('api_key'),
  ...['api_url', 'details', 'responders', 'update_alerts'],
  ...Object.keys(OPSGENIE_TEXTS),
];

export function readOpsgenie(entry: Entry): OpsgenieConfig {
  const { node, global } = entry;
  const fields = node.fields(OPSGENIE_KEYS);
  const given = readSecretPair(fields, 'api_key') ?? global.secrets.opsgenie_api_key;
  const key = given ?? node.fail('no global OpsGenie API Key set either inline or in a file');
  const responders = fields.read('responders', (v) => v.list(), []).map(readResponder);
  return {
    type: 'opsgenie',
    ...readCommon(fields, entry, true),
    url: withSlash(fields.read('api_url', readUrl, global.urls.opsgenie_api_url)!),
    ...{ key, responders },
    details: fields.read('details', readStringMap, {}),
    updatesAlerts: readFlag(fields, 'update_alerts', false),
    ...readTexts(fields, OPSGENIE_TEXTS),
  };
}

const RESPONDER_TYPES = /^(team|teams|user|escalation|schedule)$/;

function readResponder(node: YamlNode): OpsgenieConfig['responders'][number] {
  const fields = node.fields(['id', 'name', 'username', 'type']);
  const texts = readTexts(fields, { id: '', name: '', username: '', type: '' });
  if (texts.id === '' && texts.name === '' && texts.username === '') {
    node.fail('opsGenieConfig responder has to have at least one of id, username or name specified');
  }
  const isTemplate = texts.type.includes('{{');
  if (!isTemplate && !RESPONDER_TYPES.test(texts.type.toLowerCase())) {
    node.fail(`opsGenieConfig responder type does not match valid options ${RESPONDER_TYPES.source}`);
  }
  return texts;
}

/** The path of the URL ends with a slash. */
function withSlash(text: string): string {
  const url = new URL(text);
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url.href;
}

const VICTOROPS_TEXTS = {
  routingKey: '',
  messageType: 'CRITICAL',
  stateMessage: '{{ template "victorops.default.state_message" . }}',
  entityDisplayName: '{{ template "victorops.default.entity_display_name" . }}',
  monitoringTool: '{{ template "victorops.default.monitoring_tool" . }}',
} as const;
const VICTOROPS_KEYS = [
  ...COMMON_KEYS,
  ...secretPair('api_key'),
  ...['api_url', 'custom_fields'],
  ...Object.keys(VICTOROPS_TEXTS).map(keyOf),
];
/** Fields of every message. */
const RESERVED = ['entity_id', 'entity_state', ...Object.keys(VICTOROPS_TEXTS).map(keyOf)];

export function readVictorops(entry: Entry): VictoropsConfig {
  const { node, global } = entry;
  const fields = node.fields(VICTOROPS_KEYS);
  const texts = readTexts(fields, VICTOROPS_TEXTS);
  if (texts.routingKey === '') node.fail('missing Routing key in VictorOps config');
  const given = readSecretPair(fields, 'api_key') ?? global.secrets.victorops_api_key;
  const key = given ?? node.fail('no global VictorOps API Key set');
  const customFields: Record<string, string> = fields.read('custom_fields', readStringMap, {});
  const reserved = RESERVED.find((name) => Object.hasOwn(customFields, name));
  if (reserved !== undefined) {
    const rule = 'which cannot be used as it conflicts with the fixed/static fields';
    fields.require('custom_fields').fail(`victorOps config contains custom field ${reserved} ${rule}`);
  }
  return {
    type: 'victorops',
    ...readCommon(fields, entry, true),
    url: withSlash(fields.read('api_url', readUrl, global.urls.victorops_api_url)!),
    ...{ key, customFields },
    ...texts,
  };
}

const PUSHOVER_TEXTS = {
  title: '{{ template "pushover.default.title" . }}',
  message: '{{ template "pushover.default.message" . }}',
  url: '{{ template "pushover.default.url" . }}',
  urlTitle: '',
  device: '',
  sound: '',
  // An emergency, or nothing special.
  priority: '{{ if eq .Status "firing" }}2{{ else }}0{{ end }}',
} as const;
const PUSHOVER_KEYS = [
  ...COMMON_KEYS,
  ...['user_key', 'token'].flatMap(secretPair),
  ...['retry', 'expire', 'ttl', 'html', 'monospace'],
  ...Object.keys(PUSHOVER_TEXTS).map(keyOf),
];
const RETRY_SECONDS = 60;
const EXPIRE_SECONDS = 3600;

export function readPushover(entry: Entry): PushoverConfig {
  const { node } = entry;
  const fields = node.fields(PUSHOVER_KEYS);
  const required = (key: string): Secret =>
    readSecretPair(fields, key) ?? node.fail(`one of ${key} or ${key}_file must be configured`);
  const userKey = required('user_key');
  const token = required('token');
  const [isHtml, isMonospace] = ['html', 'monospace'].map((key) => readFlag(fields, key, false));
  if (isHtml && isMonospace) node.fail('at most one of monospace & html must be configured');
  return {
    type: 'pushover',
    ...readCommon(fields, entry, true),
    ...{ userKey, token },
    retry: fields.read('retry', readSeconds, RETRY_SECONDS),
    expire: fields.read('expire', readSeconds, EXPIRE_SECONDS),
    ttl: fields.read('ttl', readSeconds, 0),
    format: isHtml ? 'html' : isMonospace ? 'monospace' : 'plain',
    ...readTexts(fields, PUSHOVER_TEXTS),
  };
}

/** Whole seconds of a duration in Go's form. */
function readSeconds(node: YamlNode): number {
  const text = node.string();
  const ns = goDurationNs(text) ?? node.fail(`time: invalid duration ${JSON.stringify(text)}`);
  return Math.trunc(ns / 1e9);
}
