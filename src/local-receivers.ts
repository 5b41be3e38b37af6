/** What the receivers of a configuration are told by. Loaded with the first configuration that has some. */

import type { Integration, IntegrationParts } from './alertmanager/notify/integration.ts';
import { integrationMaker } from './alertmanager/notify/make-integrations.ts';
import { NotificationTemplates, readTemplateFiles } from './alertmanager/templates/notification-templates.ts';
import type { AlertmanagerConfig } from './config/alertmanager/alertmanager-file.ts';
import { parseInlineYaml } from './config/alertmanager/inline-yaml.ts';

/** By the receiver's name. Throws where a file of templates is none. */
export function makeReceivers(
  { receivers, templates: patterns }: AlertmanagerConfig,
  parts: IntegrationParts,
): Map<string, readonly Integration[]> {
  const templates = new NotificationTemplates(readTemplateFiles(patterns));
  const make = integrationMaker({ templates, parseYaml: parseInlineYaml });
  return new Map(receivers.map((receiver) => [receiver.name, make(receiver, parts)]));
}
