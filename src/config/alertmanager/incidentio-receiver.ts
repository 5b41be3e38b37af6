/** `incidentio_configs` of a receiver. */

import type { IncidentioConfig } from '../../alertmanager/receiver-config.ts';
import {
  type Entry,
  readClient,
  readFlag,
  readSecretPair,
  readSecretUrl,
  readTimeout,
  secretPair,
} from './receiver-fields.ts';

const KEYS = [
  ...['send_resolved', 'http_config', 'max_alerts', 'timeout'],
  ...['url', 'alert_source_token'].flatMap(secretPair),
];

export function readIncidentio(entry: Entry): IncidentioConfig {
  const { node, index } = entry;
  const fields = node.fields(KEYS);
  const url = readSecretUrl(fields, 'url') ?? node.fail('one of url or url_file must be configured');
  const token = readSecretPair(fields, 'alert_source_token');
  const client = readClient(fields, entry);
  if (fields.get('http_config')) {
    const keys = 'alert_source_token or alert_source_token_file';
    if (client.authorization && token)
      node.fail(`cannot specify ${keys} when using http_config.authorization`);
    if (!client.authorization && !token) {
      const ways = 'alert_source_token, alert_source_token_file or http_config.authorization';
      node.fail(`at least one of ${ways} must be configured`);
    }
  }
  const { authorization: _, ...anonymous } = client;
  return {
    type: 'incidentio',
    index,
    sendsResolved: readFlag(fields, 'send_resolved', true),
    client: token ? anonymous : client,
    ...{ url, token },
    maxAlerts: fields.read('max_alerts', (v) => v.count(), 0),
    timeoutMs: fields.read('timeout', readTimeout, 0),
  };
}
