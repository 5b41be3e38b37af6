/**
 * What templates of notifications are given: the receiver, the group's labels, what its alerts have in common, and the alerts,
 * with the methods that the original's have. Webhooks send the same as JSON.
 */

import { compareText, type Labels } from '../../model/labels.ts';
import { ZERO_TIME } from '../../model/template/time-format.ts';
import {
  ArgumentError,
  type GoType,
  isList,
  Struct,
  type StructType,
  type TimeValue,
  TypedList,
  TypedTextMap,
  typeName,
  type Value,
} from '../../model/template/value.ts';
import type { Notification, NotifiedAlert } from '../notify/integration.ts';

const ALERT_NAME = 'alertname';

const STRINGS: GoType<TypedList> = {
  name: 'template.Strings',
  methods: { Join: { arguments: 1, call: (self, [separator]) => self.join(stringArgument(separator)) } },
};

const PAIR: StructType = { name: 'template.Pair', json: { Name: 'Name', Value: 'Value' } };

const PAIRS: GoType<TypedList> = {
  name: 'template.Pairs',
  methods: {
    Names: { arguments: 0, call: (self) => strings(self, 'Name') },
    Values: { arguments: 0, call: (self) => strings(self, 'Value') },
    String: { arguments: 0, call: (self) => printPairs(self) },
  },
  print: printPairs,
};

const KV: GoType<TypedTextMap> = {
  name: 'template.KV',
  methods: {
    SortedPairs: { arguments: 0, call: (self) => sortedPairs(self) },
    Remove: { arguments: 1, call: (self, [names]) => without(self, stringList(names)) },
    Names: { arguments: 0, call: (self) => strings(sortedPairs(self), 'Name') },
    Values: { arguments: 0, call: (self) => strings(sortedPairs(self), 'Value') },
    String: { arguments: 0, call: (self) => printPairs(sortedPairs(self)) },
  },
  print: (self) => printPairs(sortedPairs(self)),
};

const ALERT: StructType = {
  name: 'template.Alert',
  json: {
    Status: 'status',
    Labels: 'labels',
    Annotations: 'annotations',
    StartsAt: 'startsAt',
    EndsAt: 'endsAt',
    GeneratorURL: 'generatorURL',
    Fingerprint: 'fingerprint',
  },
};

const ALERTS: GoType<TypedList> = {
  name: 'template.Alerts',
  methods: {
    Firing: { arguments: 0, call: (self) => withStatus(self, 'firing') },
    Resolved: { arguments: 0, call: (self) => withStatus(self, 'resolved') },
  },
};

const DATA: StructType = {
  name: '*template.Data',
  json: {
    Receiver: 'receiver',
    Status: 'status',
    Alerts: 'alerts',
    NotificationReason: 'notification_reason',
    GroupLabels: 'groupLabels',
    CommonLabels: 'commonLabels',
    CommonAnnotations: 'commonAnnotations',
    RouteLabels: 'routeLabels',
    ExternalURL: 'externalURL',
  },
};

/** `routeLabels` are rendered. */
export function templateData(
  notification: Notification,
  routeLabels: Iterable<readonly [string, string]>,
  externalUrl: string,
): Struct {
  const { alerts } = notification;
  return new Struct(DATA, [
    ['Receiver', quotedReceiver(notification.receiver)],
    ['Status', statusOf(alerts)],
    ['Alerts', new TypedList(ALERTS, alerts.map(alertData))],
    ['NotificationReason', notification.reason],
    ['GroupLabels', kv(pairsOf(notification.groupLabels.pairs))],
    ['CommonLabels', kv(commonPairs(alerts.map(({ labels }) => labels.pairs)))],
    ['CommonAnnotations', kv(commonPairs(alerts.map(({ annotations }) => annotations)))],
    ['RouteLabels', kv(routeLabels)],
    ['ExternalURL', externalUrl],
  ]);
}

/** Firing where any of them is. */
export function statusOf(alerts: readonly NotifiedAlert[]): 'firing' | 'resolved' {
  return alerts.some(({ status }) => status === 'firing') ? 'firing' : 'resolved';
}

export function pairsOf(pairs: Labels['pairs']): [string, string][] {
  return Array.from({ length: pairs.length / 2 }, (_, i) => [pairs[2 * i]!, pairs[2 * i + 1]!]);
}

function alertData(alert: NotifiedAlert): Struct {
  return new Struct(ALERT, [
    ['Status', alert.status],
    ['Labels', kv(pairsOf(alert.labels.pairs))],
    ['Annotations', kv(pairsOf(alert.annotations))],
    ['StartsAt', timeOf(alert.startsAtMs)],
    ['EndsAt', alert.endsAtMs === undefined ? ZERO_TIME : timeOf(alert.endsAtMs)],
    ['GeneratorURL', alert.generatorUrl],
    ['Fingerprint', alert.fingerprint],
  ]);
}

function timeOf(ms: number): TimeValue {
  return { kind: 'time', ms, ns: 0, zone: 'UTC' };
}

/** The pairs that all of them have. */
export function commonPairs(sets: readonly (readonly string[])[]): [string, string][] {
  const [first, ...rest] = sets.map((pairs) => new Map(pairsOf(pairs)));
  return [...(first ?? [])].filter(([name, value]) =>
    // What is not there is as good as empty.
    rest.every((other) => (other.get(name) ?? '') === value),
  );
}

function kv(entries: Iterable<readonly [string, string]>): TypedTextMap {
  return new TypedTextMap(KV, entries);
}

/** The alert's name first, the others by name. */
function sortedPairs(map: TypedTextMap): TypedList {
  const rank = (name: string): number => (name === ALERT_NAME ? 0 : 1);
  const entries = [...map].sort(([a], [b]) => rank(a) - rank(b) || compareText(a, b));
  return new TypedList(
    PAIRS,
    entries.map(
      ([name, value]) =>
        new Struct(PAIR, [
          ['Name', name],
          ['Value', value],
        ]),
    ),
  );
}

function without(map: TypedTextMap, names: readonly string[]): TypedTextMap {
  return kv([...map].filter(([name]) => !names.includes(name)));
}

function strings(pairs: TypedList, field: 'Name' | 'Value'): TypedList {
  return new TypedList(
    STRINGS,
    pairs.map((pair) => (pair as Struct).get(field)!),
  );
}

function printPairs(pairs: TypedList): string {
  return pairs.map((pair) => [...(pair as Struct).values()].join('=')).join(', ');
}

function withStatus(alerts: TypedList, status: string): readonly Value[] {
  return alerts.filter((alert) => (alert as Struct).get('Status') === status);
}

function stringArgument(value: Value | undefined): string {
  if (typeof value === 'string') return value;
  throw new ArgumentError(`wrong type for value; expected string; got ${typeName(value ?? null)}`);
}

/** A `[]string`. */
export function stringList(value: Value | undefined): readonly string[] {
  if (value !== undefined && isList(value) && value.every((item) => typeof item === 'string')) return value;
  throw new ArgumentError(`wrong type for value; expected []string; got ${typeName(value ?? null)}`);
}

/** Go's QuoteMeta: the receiver's name stands in links as a regular expression. */
export function quotedReceiver(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}
