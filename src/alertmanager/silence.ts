/**
 * A silence: alerts that all its matchers match are suppressed between two moments. What was in force stays in its history, so
 * of one that has begun only the end may be changed; any other change makes a new one.
 */

import { TriliteError } from '../model/errors.ts';
import { quote } from '../model/go-string.ts';
import type { MatchType } from '../model/matcher.ts';
import { compileSearch } from '../model/regex.ts';
import { AlertMatcher } from './matcher.ts';

export type SilenceState = 'active' | 'pending' | 'expired';

/** A matcher before anybody has looked at it. */
export interface MatcherText {
  readonly type: MatchType;
  readonly name: string;
  readonly value: string;
}

/** What somebody asks for. */
export interface PostedSilence {
  /** Of the one that it is to take the place of; '' for a new one. */
  readonly id: string;
  readonly matchers: readonly MatcherText[];
  /** Undefined: now. */
  readonly startsAtMs: number | undefined;
  readonly endsAtMs: number | undefined;
  readonly createdBy: string;
  readonly comment: string;
  /** Name 0, value 0, …, ascending by name. */
  readonly annotations: readonly string[];
}

export interface Silence extends Omit<PostedSilence, 'matchers'> {
  readonly matchers: readonly AlertMatcher[];
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  readonly updatedAtMs: number;
}

export function stateOf({ startsAtMs, endsAtMs }: Silence, nowMs: number): SilenceState {
  if (nowMs < startsAtMs) return 'pending';
  return nowMs > endsAtMs ? 'expired' : 'active';
}

/** Matchers that can be looked for. Throws `bad_data` in the original's words. */
export function checkMatchers(matchers: readonly MatcherText[]): AlertMatcher[] {
  // The original has sets of matchers, of which its API fills the first.
  if (matchers.length === 0) throw invalid('matcher set 0 is empty');
  const out = matchers.map(({ type, name, value }, i) => {
    const at = `invalid label matcher ${i} in set 0`;
    if (name === '') throw invalid(`${at}: invalid label name ""`);
    try {
      return new AlertMatcher(type, name, value);
    } catch (error) {
      if (!(error instanceof TriliteError)) throw error;
      throw invalid(`${at}: invalid regular expression ${quote(value)}: ${patternFault(value, error)}`);
    }
  });
  if (out.every(matchesEmpty)) {
    throw invalid('matcher set 0: at least one matcher must not match the empty string');
  }
  return out;
}

/** What is wrong with the pattern as it was written, without what is put around it. */
function patternFault(pattern: string, otherwise: TriliteError): string {
  try {
    compileSearch(pattern);
    return otherwise.message;
  } catch (error) {
    return (error as Error).message;
  }
}

/** A matcher by which nobody could tell what is silenced. */
function matchesEmpty({ type, value }: AlertMatcher): boolean {
  if (type === '=') return value === '';
  return type === '=~' && compileSearch(value).test('');
}

function invalid(message: string): TriliteError {
  return new TriliteError('bad_data', `invalid silence: ${message}`);
}

/** The end of a silence that can be in force some time. Throws `bad_data` in the original's words. */
export function checkedEndMs({ startsAtMs, endsAtMs }: PostedSilence, nowMs: number): number {
  if (endsAtMs === undefined || (startsAtMs !== undefined && startsAtMs >= endsAtMs)) {
    throw new TriliteError('bad_data', 'Failed to create silence: start time must be before end time');
  }
  if (endsAtMs < nowMs) {
    throw new TriliteError('bad_data', "Failed to create silence: end time can't be in the past");
  }
  return endsAtMs;
}

/** Whether `next` may take the place of `known` without another history of what was silenced. */
export function canUpdate(known: Silence, next: Silence, nowMs: number): boolean {
  const { matchers } = next;
  if (known.matchers.length !== matchers.length) return false;
  if (!known.matchers.every((m, i) => m.equals(matchers[i]!))) return false;
  switch (stateOf(known, nowMs)) {
    case 'active':
      return seconds(known.startsAtMs) === seconds(next.startsAtMs) && next.endsAtMs >= nowMs;
    case 'pending':
      return next.startsAtMs >= nowMs;
    case 'expired':
      return false;
  }
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}

/** The silence ended now; one that has not begun never will. */
export function expired(silence: Silence, nowMs: number): Silence {
  const startsAtMs = Math.min(silence.startsAtMs, nowMs);
  return { ...silence, startsAtMs, endsAtMs: nowMs, updatedAtMs: nowMs };
}

// --------------------------------------------------------------------------------------------- at rest

/** As it is stored. */
export function printSilence({ matchers, ...rest }: Silence): string {
  return JSON.stringify({ ...rest, matchers: matchers.map(({ type, name, value }) => [type, name, value]) });
}

/** What `printSilence` wrote. */
export function readSilence(text: string): Silence {
  const { matchers, ...rest } = JSON.parse(text) as Omit<Silence, 'matchers'> & {
    readonly matchers: readonly (readonly [MatchType, string, string])[];
  };
  return { ...rest, matchers: matchers.map((m) => new AlertMatcher(...m)) };
}
