/** Alerts and their groups as the API shows them, in the original's order of fields. */

import type { AlertGroup } from '../../alertmanager/alert-groups.ts';
import type { ShownAlert } from '../../alertmanager/shown-alert.ts';
import { JsonWriter } from '../json-writer.ts';
import { printDateTime } from './date-time.ts';

/** Alerts that are written between two looks at the clock. */
const PER_STEP = 32;

export function* printAlerts(alerts: readonly ShownAlert[]): Generator<void, Uint8Array> {
  const out = new JsonWriter();
  yield* writeAlerts(out, alerts);
  out.raw('\n');
  return out.take();
}

export function* printGroups(groups: readonly AlertGroup[]): Generator<void, Uint8Array> {
  const out = new JsonWriter();
  let separator = '[';
  for (const { alerts, labels, receiver, routeLabels } of groups) {
    out.raw(`${separator}{"alerts":`);
    yield* writeAlerts(out, alerts);
    out.raw(',"labels":');
    out.pairs(labels.pairs);
    out.raw(',"receiver":');
    writeNamed(out, receiver);
    out.raw(',"routeLabels":');
    out.pairs(routeLabels.pairs);
    out.raw('}');
    separator = ',';
  }
  out.raw(separator === '[' ? '[]\n' : ']\n');
  return out.take();
}

function* writeAlerts(out: JsonWriter, alerts: readonly ShownAlert[]): Generator<void, void> {
  out.raw('[');
  for (let i = 0; i < alerts.length; i++) {
    if (i % PER_STEP === PER_STEP - 1) yield;
    if (i > 0) out.raw(',');
    writeAlert(out, alerts[i]!);
  }
  out.raw(']');
}

function writeAlert(out: JsonWriter, { alert, fingerprint, receivers, status }: ShownAlert): void {
  out.raw('{"annotations":');
  out.pairs(alert.annotations);
  out.raw(`,"endsAt":"${printDateTime(alert.endsAtMs)}","fingerprint":"${fingerprint}","receivers":[`);
  for (let i = 0; i < receivers.length; i++) {
    if (i > 0) out.raw(',');
    writeNamed(out, receivers[i]!);
  }
  out.raw(`],"startsAt":"${printDateTime(alert.startsAtMs)}","status":{"inhibitedBy":`);
  out.strings(status.inhibitedBy);
  out.raw(',"mutedBy":');
  out.strings(status.mutedBy);
  out.raw(',"silencedBy":');
  out.strings(status.silencedBy);
  out.raw(`,"state":"${status.state}"},"updatedAt":"${printDateTime(alert.updatedAtMs)}"`);
  if (alert.generatorUrl !== '') {
    out.raw(',"generatorURL":');
    out.string(alert.generatorUrl);
  }
  out.raw(',"labels":');
  out.pairs(alert.labels.pairs);
  out.raw('}');
}

function writeNamed(out: JsonWriter, name: string): void {
  out.raw('{"name":');
  out.string(name);
  out.raw('}');
}
