/** Silences as the API shows them, and in which order. */

import type { AlertMatcher } from '../../alertmanager/matcher.ts';
import { type Silence, type SilenceState, stateOf } from '../../alertmanager/silence.ts';
import { JsonWriter } from '../json-writer.ts';
import { printDateTime } from './date-time.ts';

/** Silences that are written between two looks at the clock. */
const PER_STEP = 32;

/** Active ones first, that ends soonest; then pending ones, that begins soonest; then those that are over, the last one first. */
export function sortSilences(silences: readonly Silence[], nowMs: number): Silence[] {
  const byState = Map.groupBy(silences, (silence) => stateOf(silence, nowMs));
  const of = (state: SilenceState) => byState.get(state) ?? [];
  return [
    ...of('active').sort((a, b) => a.endsAtMs - b.endsAtMs),
    ...of('pending').sort((a, b) => a.startsAtMs - b.startsAtMs),
    ...of('expired').sort((a, b) => b.endsAtMs - a.endsAtMs),
  ];
}

/** Whether the silence has all these matchers, word by word. */
export function hasMatchers({ matchers }: Silence, wanted: readonly AlertMatcher[]): boolean {
  return wanted.every((one) => matchers.some((m) => m.equals(one)));
}

export function* printSilences(silences: readonly Silence[], nowMs: number): Generator<void, Uint8Array> {
  const out = new JsonWriter();
  out.raw('[');
  for (let i = 0; i < silences.length; i++) {
    if (i % PER_STEP === PER_STEP - 1) yield;
    if (i > 0) out.raw(',');
    writeSilence(out, silences[i]!, nowMs);
  }
  out.raw(']\n');
  return out.take();
}

export function printSilence(silence: Silence, nowMs: number): Uint8Array {
  const out = new JsonWriter();
  writeSilence(out, silence, nowMs);
  out.raw('\n');
  return out.take();
}

function writeSilence(out: JsonWriter, silence: Silence, nowMs: number): void {
  const { id, annotations, comment, createdBy, matchers } = silence;
  out.raw('{"id":');
  out.string(id);
  out.raw(
    `,"status":{"state":"${stateOf(silence, nowMs)}"},"updatedAt":"${printDateTime(silence.updatedAtMs)}"`,
  );
  if (annotations.length > 0) {
    out.raw(',"annotations":');
    out.pairs(annotations);
  }
  out.raw(',"comment":');
  out.string(comment);
  out.raw(',"createdBy":');
  out.string(createdBy);
  out.raw(`,"endsAt":"${printDateTime(silence.endsAtMs)}","matchers":[`);
  for (let i = 0; i < matchers.length; i++) {
    if (i > 0) out.raw(',');
    writeMatcher(out, matchers[i]!);
  }
  out.raw(`],"startsAt":"${printDateTime(silence.startsAtMs)}"}`);
}

function writeMatcher(out: JsonWriter, { type, name, value }: AlertMatcher): void {
  const isEqual = type === '=' || type === '=~';
  const isRegex = type === '=~' || type === '!~';
  out.raw(`{"isEqual":${isEqual},"isRegex":${isRegex},"name":`);
  out.string(name);
  out.raw(',"value":');
  out.string(value);
  out.raw('}');
}
