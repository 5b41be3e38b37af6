/** Functions on times and timestamps. */

import { castInt, type FunctionTable, fn, str } from './arguments.ts';
import { formatTime, knownZone, parseTime, unixNanos, ZERO_TIME } from './time-format.ts';
import { isTime, TemplateError, type TimeValue, type Value } from './value.ts';

function time(value: Value | undefined): TimeValue {
  if (value !== undefined && isTime(value)) return value;
  throw new TemplateError('wrong type for value; expected time.Time');
}

function fromNanos(ns: bigint): TimeValue {
  let ms = ns / 1000000n;
  let rest = ns % 1000000n;
  if (rest < 0n) {
    rest += 1000000n;
    ms -= 1n;
  }
  return { kind: 'time', ms: Number(ms), ns: Number(rest), zone: 'UTC' };
}

/** Nanoseconds per unit of an epoch with so many digits. */
const EPOCH_UNITS: Readonly<Record<number, bigint>> = {
  5: 86400000000000n,
  10: 1000000000n,
  13: 1000000n,
  16: 1000n,
  19: 1n,
};

function unixToTime(epoch: string): TimeValue {
  if (!/^[+-]?\d+$/.test(epoch)) {
    throw new TemplateError(
      `unable to parse time '${epoch}': strconv.ParseInt: parsing ${JSON.stringify(epoch)}: invalid syntax`,
    );
  }
  const unit = EPOCH_UNITS[epoch.length];
  if (unit === undefined) throw new TemplateError(`unable to parse time '${epoch}': unsupported length`);
  return fromNanos(BigInt(epoch) * unit);
}

/** sprig's `date` takes times and unix seconds; anything else is now. */
function anyTime(value: Value | undefined): TimeValue {
  if (value !== undefined && value !== null && typeof value === 'object' && isTime(value)) return value;
  if (typeof value === 'bigint') return fromNanos(castInt(value) * 1000000000n);
  return now();
}

function now(): TimeValue {
  return { kind: 'time', ms: Date.now(), ns: 0, zone: 'UTC' };
}

export const TIME_FUNCTIONS: FunctionTable = {
  now: fn(0, () => now()),
  date: fn(2, ([layout, t]) => formatTime(str(layout), anyTime(t))),
  toDate: fn(2, ([layout, s]) => parseTime(str(layout), str(s), 'UTC') ?? ZERO_TIME),
  toDateInZone: fn(
    3,
    ([layout, zone, s]) => parseTime(str(layout), str(s), knownZone(str(zone))) ?? ZERO_TIME,
  ),
  unixToTime: fn(1, ([s]) => unixToTime(str(s))),
  unixEpoch: fn(1, ([t]) => String(Math.floor(time(t).ms / 1000))),
  unixEpochMillis: fn(1, ([t]) => String(time(t).ms)),
  unixEpochNanos: fn(1, ([t]) => String(unixNanos(time(t)))),
};
