/** `webhook_configs` of a receiver. */

import type { WebhookConfig } from '../../alertmanager/receiver-config.ts';
import type { Secret } from '../../base/http-client.ts';
import type { Fields } from '../yaml-node.ts';
import {
  type Entry,
  parseHttpUrl,
  readClient,
  readFlag,
  readSecretPair,
  readTimeout,
  secretPair,
} from './receiver-fields.ts';

const KEYS = ['send_resolved', 'http_config', ...secretPair('url'), 'max_alerts', 'timeout', 'payload'];

export function readWebhook(entry: Entry): WebhookConfig {
  const fields = entry.node.fields(KEYS);
  return {
    type: 'webhook',
    index: entry.index,
    sendsResolved: readFlag(fields, 'send_resolved', true),
    url: readTemplateUrl(fields),
    maxAlerts: fields.read('max_alerts', (v) => v.count(), 0),
    timeoutMs: fields.read('timeout', readTimeout, 0),
    payload: fields.read('payload', (v) => v.plain(), undefined),
    client: readClient(fields, entry),
  };
}

/** One with actions can be judged only once it is expanded. */
function readTemplateUrl(fields: Fields): Secret {
  const url = readSecretPair(fields, 'url');
  if (!url) fields.node.fail('one of url or url_file must be configured');
  if (url.value !== undefined && !url.value.includes('{{')) {
    fields.require('url').parsed((text) => {
      try {
        return parseHttpUrl(text);
      } catch (error) {
        throw new Error(`invalid URL: ${(error as Error).message}`);
      }
    });
  }
  return url;
}
