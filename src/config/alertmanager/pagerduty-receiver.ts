/** `pagerduty_configs` of a receiver. */

import type { PagerdutyConfig } from '../../alertmanager/receiver-config.ts';
import {
  type Entry,
  keyOf,
  readCommon,
  readSecretPair,
  readTexts,
  readTimeout,
  readUrl,
  secretPair,
  textOf,
} from './receiver-fields.ts';

const CLIENT = '{{ template "pagerduty.default.client" . }}';
const TEXTS = {
  clientUrl: '{{ template "pagerduty.default.clientURL" . }}',
  description: '{{ template "pagerduty.default.description" .}}',
  severity: '',
  class: '',
  component: '',
  group: '',
} as const;

const KEYS: readonly string[] = [
  ...['send_resolved', 'http_config', 'url', 'client', 'details', 'images', 'links', 'source', 'timeout'],
  ...['service_key', 'routing_key'].flatMap(secretPair),
  ...Object.keys(TEXTS).map(keyOf),
];

/** What events carry unless the configuration has details of the same names. */
const DETAILS: Readonly<Record<string, string>> = {
  firing: '{{ .Alerts.Firing | toJson }}',
  resolved: '{{ .Alerts.Resolved | toJson }}',
  num_firing: '{{ .Alerts.Firing | len }}',
  num_resolved: '{{ .Alerts.Resolved | len }}',
};

export function readPagerduty(entry: Entry): PagerdutyConfig {
  const { node, global } = entry;
  const fields = node.fields(KEYS);
  const serviceKey = readSecretPair(fields, 'service_key');
  const routingKey = readSecretPair(fields, 'routing_key');
  if (!serviceKey && !routingKey) node.fail('missing service or routing key in PagerDuty config');
  const { clientUrl, ...texts } = readTexts(fields, TEXTS);
  const sender = textOf(fields, 'client', CLIENT);
  const details = fields.read('details', (v) => v.plain() as Record<string, unknown>, {});
  return {
    type: 'pagerduty',
    ...readCommon(fields, entry, true),
    serviceKey,
    routingKey,
    url: fields.read('url', readUrl, global.urls.pagerduty_url)!,
    sender,
    senderUrl: clientUrl,
    ...texts,
    severity: texts.severity || 'error',
    details: { ...DETAILS, ...details },
    images: fields
      .read('images', (v) => v.list(), [])
      .map((item) => {
        return readTexts(item.fields(['src', 'alt', 'href']), { src: '', alt: '', href: '' });
      }),
    links: fields
      .read('links', (v) => v.list(), [])
      .map((item) => {
        return readTexts(item.fields(['href', 'text']), { href: '', text: '' });
      }),
    source: textOf(fields, 'source') || sender,
    timeoutMs: fields.read('timeout', readTimeout, 0),
  };
}
