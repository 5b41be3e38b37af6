/** What the receivers of a configuration are told by. Loaded with the first configuration that has some. */

import type { Integration, IntegrationParts } from './alertmanager/notify/integration.ts';
import { webhook } from './alertmanager/notify/webhook.ts';
import type { ReceiverConfig } from './alertmanager/receiver-config.ts';

/** By the receiver's name. Throws `ConfigError` where one cannot be made. */
export function makeReceivers(
  receivers: readonly ReceiverConfig[],
  parts: IntegrationParts,
): Map<string, readonly Integration[]> {
  return new Map(
    receivers.map(({ name, integrations }) => [
      name,
      integrations.map((config, index) => webhook(config, index, parts)),
    ]),
  );
}
