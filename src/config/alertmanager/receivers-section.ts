/** `receivers` of an `alertmanager.yml`. */

import type { IntegrationConfig, ReceiverConfig } from '../../alertmanager/receiver-config.ts';
import { readStringMap } from '../node-values.ts';
import type { Warnings } from '../warnings.ts';
import type { YamlNode } from '../yaml-node.ts';
import type { GlobalConfig } from './global-section.ts';

export function readReceivers(node: YamlNode, _global: GlobalConfig, _warnings: Warnings): ReceiverConfig[] {
  const names = new Set<string>();
  return node.list().map((item) => {
    const fields = item.fields(['name', 'labels', 'webhook_configs']);
    const name = fields.read('name', (v) => v.string(), '');
    if (name === '') item.fail('missing name in receiver');
    if (names.has(name)) item.fail(`notification config name ${JSON.stringify(name)} is not unique`);
    names.add(name);
    return {
      name,
      labels: { ...fields.read('labels', readStringMap, {}), name },
      integrations: fields.read('webhook_configs', (v) => v.list().map(readWebhook), []),
    };
  });
}

function readWebhook(node: YamlNode): IntegrationConfig {
  const fields = node.fields(['url', 'send_resolved']);
  return {
    type: 'webhook',
    url: fields.require('url').string(),
    sendsResolved: fields.read('send_resolved', (v) => v.boolean(), true),
  };
}
