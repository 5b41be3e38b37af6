/** incident.io: the message of webhooks, to an alert source. */

import { inSlices } from '../../base/slices.ts';
import type { IncidentioConfig } from '../receiver-config.ts';
import { readSecretNow } from './expansion.ts';
import type { HttpKind } from './http-integration.ts';
import type { Answer } from './http-poster.ts';
import { messageJson } from './message-json.ts';

const MESSAGE_VERSION = '1';
/** Of a message; what is larger is told of with its first alert alone, which is what makes the incident. */
const MESSAGE_BYTES_MAX = 512 << 10;

export const INCIDENTIO: HttpKind<IncidentioConfig> = {
  name: 'incidentio',
  verdict: { retried: [429], details: detailsOf },
  timeoutMs: (config) => config.timeoutMs,
  async requests({ url, token, maxAlerts }, { notification, expansion, parts }) {
    const { routeLabels } = expansion;
    const message = { version: MESSAGE_VERSION, externalUrl: parts.externalUrl(), routeLabels, maxAlerts };
    let body = await inSlices(messageJson(notification, message));
    const bytes = Buffer.byteLength(body);
    if (bytes > MESSAGE_BYTES_MAX) {
      body = await inSlices(messageJson(notification, { ...message, listedAlerts: 1 }));
      parts.log.warn('all alerts but the first are left out of a message that would be too large', {
        group: notification.groupKey,
        bytes,
        bytesMax: MESSAGE_BYTES_MAX,
      });
    }
    const bearer = token && (await readSecretNow(token, 'failed to read alert_source_token_file: '));
    const headers: Record<string, string> = bearer ? { Authorization: `Bearer ${bearer}` } : {};
    return [{ url: await readSecretNow(url, 'read url_file: '), body, headers }];
  },
};

function detailsOf({ body }: Answer): string {
  try {
    const { message, error, errors } = JSON.parse(body) as {
      readonly message?: string;
      readonly error?: string;
      readonly errors?: readonly string[];
    };
    return [message, error, errors?.join(', ')].filter(Boolean).join(': ');
  } catch {
    return '';
  }
}
