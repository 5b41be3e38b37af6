/** Receivers of a configuration's text, and integrations of theirs with a clock and a log for tests. */

import { fingerprintOf } from '../../src/alertmanager/fingerprint.ts';
import type { Integration, Notification } from '../../src/alertmanager/notify/integration.ts';
import { integrationMaker } from '../../src/alertmanager/notify/make-integrations.ts';
import type { ReceiverConfig } from '../../src/alertmanager/receiver-config.ts';
import {
  NotificationTemplates,
  type TemplateFile,
} from '../../src/alertmanager/templates/notification-templates.ts';
import type { Clock } from '../../src/base/clock.ts';
import { systemClock } from '../../src/base/clock.ts';
import { createLogger } from '../../src/base/log.ts';
import { readGlobal } from '../../src/config/alertmanager/global-section.ts';
import { parseInlineYaml } from '../../src/config/alertmanager/inline-yaml.ts';
import { readReceivers } from '../../src/config/alertmanager/receivers-section.ts';
import { Warnings } from '../../src/config/warnings.ts';
import { parseYaml } from '../../src/config/yaml-node.ts';
import { Labels } from '../../src/model/labels.ts';

export const EXTERNAL_URL = 'http://am.example:9093/x';

/** Of a whole file, whose other sections do not matter here. Throws `ConfigError`. */
export async function receiversOf(
  text: string,
): Promise<{ readonly receivers: readonly ReceiverConfig[]; readonly warnings: readonly string[] }> {
  const root = parseYaml(await import('yaml'), 'alertmanager.yml', text)!;
  const fields = root.known(['global', 'receivers']);
  const warnings = new Warnings();
  const global = readGlobal(fields.get('global'), warnings);
  return { receivers: readReceivers(fields.get('receivers'), global, warnings), warnings: warnings.lines };
}

export interface Made {
  readonly integrations: readonly Integration[];
  readonly log: readonly string[];
}

/** Of all receivers. */
export async function integrationsOf(
  text: string,
  files: readonly TemplateFile[] = [],
  clock: Clock = systemClock,
): Promise<Made> {
  const { receivers } = await receiversOf(text);
  const templates = new NotificationTemplates(files);
  const log: string[] = [];
  const make = integrationMaker({ templates, parseYaml: parseInlineYaml });
  const parts = {
    clock,
    log: createLogger('debug', (line) => log.push(line)),
    externalUrl: () => EXTERNAL_URL,
  };
  return { integrations: receivers.flatMap((receiver) => make(receiver, parts)), log };
}

export interface ToldAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  /** Absent while it fires. */
  readonly endsAt?: string;
  readonly generatorURL: string;
}

export function notificationOf(alerts: readonly ToldAlert[], more: Partial<Notification> = {}): Notification {
  return {
    receiver: 'team',
    groupKey: '{}:{}',
    groupLabels: Labels.EMPTY,
    routeLabels: Labels.EMPTY,
    routeId: '{}/0',
    reason: 'first notification',
    nowMs: Date.now(),
    alerts: alerts.map(({ labels, annotations, startsAt, endsAt, generatorURL }) => ({
      status: endsAt === undefined ? 'firing' : 'resolved',
      labels: Labels.from(labels),
      annotations: Object.entries(annotations).sort().flat(),
      startsAtMs: Date.parse(startsAt),
      endsAtMs: endsAt === undefined ? undefined : Date.parse(endsAt),
      generatorUrl: generatorURL,
      fingerprint: fingerprintOf(Labels.from(labels)),
    })),
    ...more,
  };
}
