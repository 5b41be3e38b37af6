/**
 * Single values as a person writes them, wherever they stand: addresses, durations, sizes. Each parser throws
 * `ConfigError` saying what was expected; the caller puts in front where it stands.
 */

import type { ListenAddress } from '../api/listeners.ts';
import { LOG_LEVELS, type LogLevel } from '../base/log.ts';
import { goDurationNs, parseDuration } from '../model/duration.ts';
import { ConfigError } from './config-error.ts';

/** Written where a listener is to be switched off. */
const OFF = 'off';
/** Where listeners are unless they are told otherwise. */
export const LOOPBACK = '127.0.0.1';

/** `host:port`, `[v6]:port`, or `:port` for every address of the machine. */
export function parseAddress(text: string): ListenAddress {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text.trim());
  const port = Number(match?.[3]);
  if (!match || port > 65535) {
    throw new ConfigError(`expected HOST:PORT, got ${JSON.stringify(text)}`);
  }
  return { host: match[1] ?? (match[2] || '0.0.0.0'), port };
}

/** An address, or undefined for `off`. */
export function parseOptionalAddress(text: string): ListenAddress | undefined {
  return text.trim() === OFF ? undefined : parseAddress(text);
}

/** Addresses; none for `off`. */
export function parseAddresses(texts: readonly string[]): ListenAddress[] {
  return texts.map(parseOptionalAddress).filter((address) => address !== undefined);
}

/** An origin as browsers name it (`https://shop.example`, `null`), or one in which a single `*` stands for any characters. */
export function parseOrigin(text: string): string {
  const origin = text.trim();
  const hasPath = /[/\s]/.test(origin.replace('://', ''));
  const stars = origin.split('*').length - 1;
  const isOrigin = stars === 1 || origin === 'null' || /^[^:]+:\/\/./.test(origin);
  if (isOrigin && stars <= 1 && !hasPath) return origin;
  const wanted = 'expected an origin such as https://shop.example or https://*.example';
  throw new ConfigError(`${wanted}, got ${JSON.stringify(text)}`);
}

/** The name of a request's header, or `*` for all. */
export function parseHeaderName(text: string): string {
  if (/^[\w!#$%&'*+.^`|~-]+$/.test(text)) return text;
  throw new ConfigError(`expected the name of a header, got ${JSON.stringify(text)}`);
}

export function parseDataDir(text: string): string {
  if (text === '') throw new ConfigError('expected a directory, got ""');
  return text;
}

/** Milliseconds; `0` needs no unit. */
export function parseDurationMs(text: string): number {
  if (text.trim() === '0') return 0;
  try {
    return parseDuration(text.trim());
  } catch {
    throw new ConfigError(`expected a duration such as 30s, 5m or 15d, got ${JSON.stringify(text)}`);
  }
}

/** Milliseconds, in Prometheus' form or in Go's. */
export function parseAnyDurationMs(text: string): number {
  const ns = goDurationNs(text.trim());
  return ns === undefined || ns < 0 ? parseDurationMs(text) : ns / 1e6;
}

/** Milliseconds, more than none. */
export function parseSpanMs(text: string): number {
  const ms = parseDurationMs(text);
  if (ms <= 0) throw new ConfigError(`expected a duration above 0, got ${JSON.stringify(text)}`);
  return ms;
}

/** A whole number that is not negative. */
export function parseCount(text: string): number {
  if (/^\d{1,15}$/.test(text.trim())) return Number(text);
  throw new ConfigError(`expected a whole number, not negative, got ${JSON.stringify(text)}`);
}

export function parseBoolean(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new ConfigError(`expected true or false, got ${JSON.stringify(text)}`);
}

const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1024,
  KIB: 1024,
  MB: 1024 ** 2,
  MIB: 1024 ** 2,
  GB: 1024 ** 3,
  GIB: 1024 ** 3,
  TB: 1024 ** 4,
  TIB: 1024 ** 4,
  PB: 1024 ** 5,
  PIB: 1024 ** 5,
};

/** Bytes; units are powers of 1024, as they are in a Prometheus configuration. */
export function parseSizeBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-zA-Z]*)$/.exec(text.trim());
  const unit = match ? UNIT_BYTES[match[2]!.toUpperCase()] : undefined;
  if (!match || unit === undefined) {
    throw new ConfigError(`expected a size such as 512MB or 10GB, got ${JSON.stringify(text)}`);
  }
  return Math.round(Number(match[1]) * unit);
}

export function parseLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((l) => l === text.trim());
  if (!level) throw new ConfigError(`expected one of ${LOG_LEVELS.join(', ')}, got ${JSON.stringify(text)}`);
  return level;
}

/** Of a variable that stands for a flag without a value. */
export function parseSwitch(text: string): boolean {
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw new ConfigError(`expected true or false, got ${JSON.stringify(text)}`);
}

/** Where users reach the server, from outside; slashes at its end say nothing. */
export function parseExternalUrl(text: string): string {
  if (/^["']|["']$/.test(text)) throw new ConfigError('a URL must not begin or end with quotes');
  const [, base = '', rest = ''] = /^([^?#]*)(.*)$/s.exec(text)!;
  const url = base.replace(/\/+$/, '') + rest;
  if (!/^(https?:\/\/[^/]|\/)/.test(url))
    throw new ConfigError(`expected a URL, got ${JSON.stringify(text)}`);
  return url;
}
