/** A silence as it stands in the form: texts, from which the one is made that the server is asked for. */

import { parseDuration } from '../../../model/duration.ts';
import type { PostedSilence, Silence } from '../../api/alertmanager-answers.ts';
import { formatMoment } from '../../format/time.ts';
import { parseMoment } from '../../time/range.ts';
import { matcherText, parseMatchers } from './matchers.ts';

export interface SilenceDraft {
  /** Of the one that is changed. */
  readonly id: string | undefined;
  readonly matchers: string;
  /** A moment; now where it is empty. */
  readonly begins: string;
  /** A moment, or how long it lasts. */
  readonly ends: string;
  readonly createdBy: string;
  readonly comment: string;
}

/** What the form offers to last. */
export const DURATIONS: readonly string[] = ['30m', '1h', '2h', '4h', '8h', '1d', '3d', '1w'];
const DEFAULT_DURATION = '2h';

export function newDraft(text: string, createdBy: string): SilenceDraft {
  return {
    id: undefined,
    matchers: inLines(text),
    begins: '',
    ends: DEFAULT_DURATION,
    createdBy,
    comment: '',
  };
}

/** To change a silence; one that is over can only be made again. */
export function draftOf(silence: Silence): SilenceDraft {
  const { id, startsAt, endsAt, createdBy, comment, status } = silence;
  const matchers = silence.matchers.map(matcherText).join('\n');
  if (status.state === 'expired') return { ...newDraft(matchers, createdBy), comment };
  const [begins, ends] = [startsAt, endsAt].map((text) => formatMoment(Date.parse(text)));
  return { id, matchers, begins: begins!, ends: ends!, createdBy, comment };
}

function inLines(text: string): string {
  try {
    return parseMatchers(text).map(matcherText).join('\n');
  } catch {
    // What is wrong with it is told beside it.
    return text;
  }
}

export interface Times {
  /** Undefined: now, by the server's clock. */
  readonly startMs: number | undefined;
  readonly endMs: number;
}

/** Throws with words for whoever typed it. */
export function timesOf({ begins, ends }: SilenceDraft, nowMs: number): Times {
  const startMs = begins.trim() === '' ? undefined : parseMoment(begins, nowMs);
  const endMs = endOf(ends.trim(), Math.max(startMs ?? nowMs, nowMs), nowMs);
  if (endMs <= Math.max(startMs ?? nowMs, nowMs)) throw new Error('it would be over before it begins');
  return { startMs, endMs };
}

function endOf(text: string, fromMs: number, nowMs: number): number {
  let ms: number;
  try {
    ms = parseDuration(text);
  } catch {
    return parseMoment(text, nowMs);
  }
  return fromMs + ms;
}

/** Throws with words for whoever filled the form in. */
export function postedOf(draft: SilenceDraft, nowMs: number): PostedSilence {
  const { startMs, endMs } = timesOf(draft, nowMs);
  const { id, createdBy, comment } = draft;
  return {
    ...(id === undefined ? {} : { id }),
    matchers: parseMatchers(draft.matchers),
    // The past is now for the server, whatever the browser's clock says.
    startsAt: new Date(startMs ?? 0).toISOString(),
    endsAt: new Date(endMs).toISOString(),
    createdBy,
    comment,
  };
}
