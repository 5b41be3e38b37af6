/** How Go's `%v` prints values of templates. */

import { formatGoDuration } from '../duration.ts';
import { formatFloat } from '../float-format.ts';
import { formatTime } from './time-format.ts';
import {
  isHistogram,
  isList,
  isMap,
  isMarked,
  isTime,
  Struct,
  TypedList,
  TypedTextMap,
  type Value,
} from './value.ts';

const TIME_LAYOUT = '2006-01-02 15:04:05.999999999 -0700 MST';

/** `%v`. */
export function format(value: Value): string {
  if (value === null) return '<no value>';
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return formatFloat(value);
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
      break;
  }
  if (value instanceof TypedList && value.type.print) return value.type.print(value);
  if (value instanceof TypedTextMap && value.type.print) return value.type.print(value);
  if (value instanceof Struct) return formatStruct(value);
  if (isMap(value)) {
    const keys = [...value.keys()].sort();
    return `map[${keys.map((k) => `${k}:${formatInner(value.get(k)!)}`).join(' ')}]`;
  }
  if (isList(value)) return `[${value.map(formatInner).join(' ')}]`;
  if (isTime(value)) return formatTime(TIME_LAYOUT, value);
  return isHistogram(value) || isMarked(value) ? value.text : formatGoDuration(value.ns);
}

function formatStruct(value: Struct): string {
  const pointer = value.type.name.startsWith('*') ? '&' : '';
  return `${pointer}{${[...value.values()].map(formatInner).join(' ')}}`;
}

function formatInner(value: Value): string {
  return value === null ? '<nil>' : format(value);
}
