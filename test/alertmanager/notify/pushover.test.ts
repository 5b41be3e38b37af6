/** Pushover's one request, which goes to a fixed address. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { PUSHOVER } from '../../../src/alertmanager/notify/pagers.ts';
import type { PushoverConfig } from '../../../src/alertmanager/receiver-config.ts';
import { NotificationTemplates } from '../../../src/alertmanager/templates/notification-templates.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { SILENT } from '../../../src/base/log.ts';
import { parseInlineYaml } from '../../../src/config/alertmanager/inline-yaml.ts';
import { EXTERNAL_URL, notificationOf, receiversOf } from '../receivers.ts';

async function urlOf(entry: string): Promise<string> {
  const { receivers } = await receiversOf(`receivers: [{name: team, pushover_configs: [${entry}]}]`);
  const [config] = receivers[0]!.integrations as [PushoverConfig];
  const alert = {
    labels: { alertname: 'A' },
    annotations: {},
    startsAt: '2025-08-01T10:00:00Z',
    generatorURL: '',
  };
  const templates = new NotificationTemplates([]);
  const notification = notificationOf([alert]);
  const expansion = templates.expand(notification, EXTERNAL_URL, 0);
  const parts = {
    ...{ templates, clock: systemClock, log: SILENT, parseYaml: parseInlineYaml },
    externalUrl: () => EXTERNAL_URL,
  };
  const [request] = await PUSHOVER.requests(config, { notification, expansion, parts });
  assert.deepEqual([request!.body, request!.contentType], ['', 'text/plain']);
  return request!.url;
}

it('a message of Pushover is in the address, sorted and escaped as Go does', async () => {
  const url = await urlOf(
    "{token: t k, user_key: 'u~*', title: 'a+b', message: ' <{{ .Status }}> ', url: http://x, html: true, ttl: 90s}",
  );
  const query =
    'device=&expire=3600&html=1&message=%3Cfiring%3E&priority=2&retry=60&sound=&title=a%2Bb&token=t+k&ttl=90&url=http%3A%2F%2Fx&url_title=&user=u~%2A';
  // The page's rules leave a tag that is the template's own.
  assert.equal(url, `https://api.pushover.net/1/messages.json?${query.replace('%3C', '%26lt%3B')}`);
});

it('an empty message of Pushover says so', async () => {
  const url = new URL(await urlOf("{token: t, user_key: u, message: ' '}"));
  assert.equal(url.searchParams.get('message'), '(no details)');
});
