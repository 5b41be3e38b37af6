/** What integrations do with texts: expand them, cut them, read secrets; failures become the errors of notifications. */

import { createHash } from 'node:crypto';
import { type Secret, secretText } from '../../base/http-client.ts';
import { TemplateError } from '../../model/template/value.ts';
import type { Json } from '../templates/go-json.ts';
import type { Expansion, NotificationTemplates } from '../templates/notification-templates.ts';
import { type IntegrationParts, type Notification, NotifyError } from './integration.ts';

/** What every integration is made with. */
export interface NotifierParts extends IntegrationParts {
  readonly templates: NotificationTemplates;
  /** A text as YAML, as plain values with `Map` for mappings. Throws where it is none. */
  parseYaml(text: string): Promise<unknown>;
}

export function expansionOf(
  { templates, externalUrl, clock }: NotifierParts,
  notification: Notification,
): Expansion {
  return templates.expand(notification, externalUrl(), clock.now());
}

/** Runs what expands templates; one that fails will fail again, so there is no other try. `what` begins the message. */
export function expanding<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw new NotifyError(`${what}${error.message}`, false);
  }
}

/** The secret as it is now. `what` begins the message of a failure. */
export async function readSecretNow(secret: Secret, what = ''): Promise<string> {
  try {
    return await secretText(secret);
  } catch (error) {
    throw new NotifyError(`${what}${(error as Error).message}`, false);
  }
}

/** What receivers know a group by: their keys have a greatest length, group keys have none. */
export function hashOfKey(groupKey: string): string {
  return createHash('sha256').update(groupKey).digest('hex');
}

const CUT = '…';

/** At most `max` characters; whoever cuts something is told by `onCut`. */
export function cutRunes(text: string, max: number, onCut: () => void): string {
  // No text has more characters than units.
  if (text.length <= max) return text;
  const runes = [...text];
  if (runes.length <= max) return text;
  onCut();
  return max <= 3 ? runes.slice(0, max).join('') : runes.slice(0, max - 1).join('') + CUT;
}

/** At most `max` bytes of UTF-8, with whole characters. */
export function cutBytes(text: string, max: number, onCut: () => void): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= max) return text;
  onCut();
  let end = max - Buffer.byteLength(CUT);
  // Not in the middle of a character.
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end).toString() + CUT;
}

/**
 * Plain values with their texts expanded. A text that comes out as YAML of anything but a text is that value: a number, a list. Names
 * are expanded too; what such a value holds is not.
 */
export async function expandValues(
  value: unknown,
  expansion: Expansion,
  parseYaml: NotifierParts['parseYaml'],
): Promise<Json> {
  if (typeof value === 'string') return typedText(expansion.text(value), parseYaml);
  if (Array.isArray(value)) {
    return Promise.all(value.map((item) => expandValues(item, expansion, parseYaml)));
  }
  if (value === null || typeof value !== 'object') return value as Json;
  const out = new Map<string, Json>();
  for (const [name, member] of Object.entries(value)) {
    out.set(expansion.text(name), await expandValues(member, expansion, parseYaml));
  }
  return out;
}

async function typedText(text: string, parseYaml: NotifierParts['parseYaml']): Promise<Json> {
  try {
    const parsed = await parseYaml(text);
    return typeof parsed === 'string' ? text : plainJson(parsed);
  } catch {
    return text;
  }
}

/** Members with other names than texts are left out. */
function plainJson(value: unknown): Json {
  if (Array.isArray(value)) return value.map(plainJson);
  if (!(value instanceof Map)) return value as Json;
  const members = [...value].filter(([name]) => typeof name === 'string');
  return new Map(members.map(([name, member]) => [name, plainJson(member)]));
}
