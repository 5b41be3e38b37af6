/** `timestamp`: the entry's time from an extracted value. */

import type { Instant } from '../../../model/time.ts';
import type { TailEntry } from '../entry.ts';
import type { TimestampStageConfig } from '../stage-config.ts';
import { textOf } from './extracted.ts';
import { labelKey, RecentMap } from './label-key.ts';
import type { EntryStep, StageContext } from './stage.ts';
import { compileTimestampFormat } from './timestamp-format.ts';

/** Label sets whose last good time is remembered, as many as in the original. */
const LABEL_SETS_MAX = 10_000;

function setTime(entry: TailEntry, { ms, ns }: Instant): void {
  entry.timeMs = ms;
  entry.timeNs = ns;
}

/** One nanosecond later. */
function after({ ms, ns }: Instant): Instant {
  return ns === 999_999 ? { ms: ms + 1, ns: 0 } : { ms, ns: ns + 1 };
}

/**
 * Where there is no value, or one in no format: `skip` leaves the time as it is, `fudge` takes the last good one of
 * the label set and a nanosecond more, so that the order stays, and leaves it too where there is none yet.
 */
export function compileTimestamp(config: TimestampStageConfig, context: StageContext): EntryStep {
  const { source, location, onFailure } = config;
  const readers = config.formats.map((format) => compileTimestampFormat(format, location, context.now));
  const read = (entry: TailEntry): Instant | undefined => {
    const text = textOf(entry.extracted.get(source));
    if (text === undefined) return undefined;
    for (const reader of readers) {
      const instant = reader(text);
      if (instant) return instant;
    }
    return undefined;
  };
  if (onFailure === 'skip') {
    return (entry) => {
      const instant = read(entry);
      if (instant) setTime(entry, instant);
      return true;
    };
  }
  const lastGood = new RecentMap<Instant>(LABEL_SETS_MAX);
  return (entry) => {
    const key = labelKey(entry.labels);
    const last = lastGood.get(key);
    const instant = read(entry) ?? (last && after(last));
    if (!instant) return true;
    setTime(entry, instant);
    lastGood.set(key, instant);
    return true;
  };
}
