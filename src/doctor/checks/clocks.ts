/** Clocks that do not agree: of senders, by the times of their items; of targets, by the date of their answers; and this one. */

import { type Finding, finder } from '../finding.ts';
import { receiverWords } from '../receiver-names.ts';
import type { Snapshot } from '../snapshot.ts';
import { MINUTE_MS, spanText, timeText } from '../words.ts';

const find = finder('clocks');

/** Items are some time on their way, and never come before they are made. */
const AHEAD_MAX_MS = 30_000;
/** The newest of a quarter of an hour being as old as this is no delay of batches. */
const BEHIND_MAX_MS = 10 * MINUTE_MS;
/** The header counts seconds, and an answer takes some. */
const TARGET_OFF_MAX_MS = 5000;
/** What NTP slews in small steps comes to less. */
const MOVED_MAX_MS = 2000;

/** What other machines' clocks say of this one. */
const OWN_TARGETS_LEAST = 3;

export function senderClocks(s: Snapshot): Finding[] {
  const found = s.receivers.flatMap(({ receiver, skew }) => {
    if (!skew) return [];
    const { words } = receiverWords(receiver);
    const evidence = {
      receiver,
      newest_item: offText(skew.maxMs),
      oldest_item: offText(skew.minMs),
    };
    if (skew.maxMs > AHEAD_MAX_MS) {
      const summary = `${words}: items come with times up to ${spanText(skew.maxMs)} in the future`;
      const remedy =
        "the sender's clock is ahead, or it sends another unit (seconds for milliseconds, local time for UTC): `timedatectl status` there; items more than 10m ahead are refused";
      return [find('sender_ahead', 'problem', summary, evidence, remedy)];
    }
    if (skew.maxMs < -BEHIND_MAX_MS) {
      const summary = `${words}: even the newest items that come are ${spanText(skew.maxMs)} old`;
      const remedy =
        "the sender's clock is behind, or it sends what it queued while this server was away (then it catches up by itself), or old files; queries for now show nothing of it";
      return [find('sender_behind', 'warn', summary, evidence, remedy)];
    }
    return [];
  });
  return found.length > 0 ? found : [find('senders', 'ok', "senders' clocks agree with this one")];
}

/** `12s ahead`. */
function offText(ms: number): string {
  return `${spanText(ms)} ${ms > 0 ? 'ahead' : 'behind'}`;
}

export function targetClocks({ targets }: Snapshot): Finding[] {
  const known = targets.filter((t) => t.clockAheadMs !== undefined);
  const off = known.filter((t) => Math.abs(t.clockAheadMs!) > TARGET_OFF_MAX_MS);
  if (off.length === 0)
    return known.length === 0 ? [] : [find('targets', 'ok', "targets' clocks agree with this one")];
  const worst = off.toSorted((a, b) => Math.abs(b.clockAheadMs!) - Math.abs(a.clockAheadMs!))[0]!;
  const evidence = {
    targets: off.length,
    of: known.length,
    worst: worst.instance,
    worst_clock: offText(worst.clockAheadMs!),
  };
  // Where all are off the same way it is this clock.
  const ahead = off.filter((t) => t.clockAheadMs! > 0).length;
  const isOwn =
    known.length >= OWN_TARGETS_LEAST && off.length === known.length && (ahead === 0 || ahead === off.length);
  if (isOwn) {
    const summary = `this machine's clock is off: all ${known.length} targets' clocks are ${ahead === 0 ? 'behind' : 'ahead'} of it, ${worst.instance} by ${spanText(worst.clockAheadMs!)}`;
    return [
      find(
        'own',
        'problem',
        summary,
        evidence,
        'set this machine’s clock: `timedatectl status`, chrony or systemd-timesyncd',
      ),
    ];
  }
  const summary = `${off.length} of ${known.length} targets have a clock that is off, ${worst.instance} is ${offText(worst.clockAheadMs!)}`;
  const remedy =
    "samples are stored with this server's times, but timestamps in their metrics and logs (`time() - …`) are off: NTP on these machines";
  return [find('targets', 'warn', summary, evidence, remedy)];
}

export function ownClock({ clockMovedMs, startMs }: Snapshot): Finding[] {
  if (Math.abs(clockMovedMs) <= MOVED_MAX_MS)
    return [find('moved', 'ok', "this machine's clock has run evenly since the start")];
  const isBack = clockMovedMs < 0;
  const evidence = { moved: `${isBack ? '-' : ''}${spanText(clockMovedMs)}`, since: timeText(startMs) };
  const summary = `this machine's clock was set ${isBack ? 'back' : 'forward'} by ${spanText(clockMovedMs)} since the start${isBack ? '' : ', or the machine slept'}`;
  const remedy = isBack
    ? 'samples from before it stand in the future until it has caught up; new ones of the same series come out of order. Set the clock by NTP before this server starts'
    : 'graphs have a gap there; if the machine did not sleep, see `timedatectl status`';
  return [find('moved', isBack ? 'warn' : 'info', summary, evidence, remedy)];
}
