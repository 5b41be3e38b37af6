/** What the entries of all kinds of receivers have in common. */

import type { HttpClientConfig, Secret } from '../../base/http-client.ts';
import { goDurationNs } from '../../model/duration.ts';
import { HTTP_CLIENT_KEYS, readHttpClient } from '../http-client-section.ts';
import { readSecret, secretKeys } from '../secret-fields.ts';
import type { Warnings } from '../warnings.ts';
import type { Fields, YamlNode } from '../yaml-node.ts';
import type { GlobalConfig } from './global-config.ts';

/** An entry of a receiver's list, and what is needed to read it. */
export interface Entry {
  readonly node: YamlNode;
  /** Within its list. */
  readonly index: number;
  readonly global: GlobalConfig;
  readonly warnings: Warnings;
}

export function textOf(fields: Fields, key: string, fallback = ''): string {
  return fields.read(key, (v) => v.string(), fallback);
}

/** Texts by their names in TypeScript; the configuration has them with underscores. */
export function readTexts<Name extends string>(
  fields: Fields,
  defaults: Readonly<Record<Name, string>>,
): Readonly<Record<Name, string>> {
  const entries = Object.entries(defaults) as [Name, string][];
  return Object.fromEntries(
    entries.map(([name, fallback]) => [name, textOf(fields, keyOf(name), fallback)]),
  ) as Record<Name, string>;
}

/** `titleLink` is `title_link`. */
export function keyOf(name: string): string {
  return name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
}

export function readFlag(fields: Fields, key: string, fallback: boolean): boolean {
  return fields.read(key, (v) => v.boolean(), fallback);
}

/** An http or https URL, as it is written. */
export function readUrl(node: YamlNode): string {
  return node.parsed(parseHttpUrl);
}

/** Throws in the original's words, which do not have the URL in them: it may be a secret. */
export function parseHttpUrl(text: string): string {
  const [, scheme = '', host] = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?#]*))?/.exec(text)!;
  if (!/^https?$/i.test(scheme)) throw new Error(`unsupported scheme ${JSON.stringify(scheme)} for URL`);
  if (host === undefined || host === '') throw new Error('missing host for URL');
  if (!URL.canParse(text)) throw new Error('invalid URL');
  return text;
}

/** A URL that is a secret, or the file of one; undefined where neither is there. */
export function readSecretUrl(fields: Fields, key: string): Secret | undefined {
  const secret = readSecret(fields, key, atMostOne(key));
  if (secret?.value !== undefined) fields.require(key).parsed(parseHttpUrl);
  return secret;
}

export function atMostOne(key: string): string {
  return `at most one of ${key} & ${key}_file must be configured`;
}

/** The keys of a secret or of the file that it stands in. */
export function secretPair(key: string): readonly string[] {
  return secretKeys(key).slice(0, 2);
}

export function readSecretPair(fields: Fields, key: string): Secret | undefined {
  return readSecret(fields, key, atMostOne(key));
}

/** Go's form; a bare number is of nanoseconds. Not negative ones: 0 is none. */
export function readTimeout(node: YamlNode): number {
  const text = node.string();
  const ns = /^[+-]?\d+$/.test(text) ? Number(text) : goDurationNs(text);
  if (ns === undefined) node.fail(`time: invalid duration ${JSON.stringify(text)}`);
  return Math.max(0, ns / 1e6);
}

export function readClient(fields: Fields, { global, warnings }: Entry): HttpClientConfig {
  return fields.read('http_config', (v) => readHttpConfig(v, warnings), global.client);
}

/** Keys that every receiver has which is told over HTTP. */
export const COMMON_KEYS: readonly string[] = ['send_resolved', 'http_config'];

/** What they say, and where the entry stands. */
export function readCommon(fields: Fields, entry: Entry, sendsResolved: boolean) {
  return {
    index: entry.index,
    sendsResolved: readFlag(fields, 'send_resolved', sendsResolved),
    client: readClient(fields, entry),
  };
}

export function readHttpConfig(node: YamlNode, warnings: Warnings): HttpClientConfig {
  return readHttpClient(node.fields(HTTP_CLIENT_KEYS), warnings);
}
