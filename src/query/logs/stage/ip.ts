/**
 * IP addresses as numbers of a family (4 or 6), and patterns on them: one address, a CIDR block or a range
 * `a-b`. IPv4-mapped IPv6 addresses stay IPv6.
 */

interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

export function parseAddress(text: string): Address | undefined {
  if (!text.includes(':')) {
    const value = parseV4(text);
    return value === undefined ? undefined : { family: 4, value };
  }
  const value = parseV6(text.replace(/%.+$/, ''));
  return value === undefined ? undefined : { family: 6, value };
}

function parseV4(text: string): bigint | undefined {
  const m = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (!m) return undefined;
  let value = 0n;
  for (let i = 1; i <= 4; i++) {
    const part = m[i]!;
    if (Number(part) > 255 || (part.length > 1 && part.startsWith('0'))) return undefined;
    value = value * 256n + BigInt(part);
  }
  return value;
}

function parseV6(text: string): bigint | undefined {
  const v4 = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (v4) {
    const low = parseV4(v4[2]!);
    if (low === undefined) return undefined;
    text = `${v4[1]}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`;
  }
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = halves[0] === '' ? [] : halves[0]!.split(':');
  const tail = halves.length < 2 || halves[1] === '' ? [] : halves[1]!.split(':');
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  let value = 0n;
  for (const group of [...head, ...Array<string>(missing).fill('0'), ...tail]) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
    value = value * 65536n + BigInt(`0x${group}`);
  }
  return value;
}

/** First and last address of a pattern; undefined where it is none. */
interface AddressRange {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

function parsePattern(pattern: string): AddressRange | undefined {
  const slash = pattern.indexOf('/');
  if (slash > 0) {
    const base = parseAddress(pattern.slice(0, slash));
    const bits = Number(pattern.slice(slash + 1));
    const width = base?.family === 4 ? 32 : 128;
    if (!base || !/^\d+$/.test(pattern.slice(slash + 1)) || bits > width) return undefined;
    const host = (1n << BigInt(width - bits)) - 1n;
    return { family: base.family, first: base.value & ~host, last: base.value | host };
  }
  const dash = pattern.indexOf('-');
  const first = parseAddress(dash < 0 ? pattern : pattern.slice(0, dash));
  const last = dash < 0 ? first : parseAddress(pattern.slice(dash + 1));
  if (!first || !last || first.family !== last.family || last.value < first.value) return undefined;
  return { family: first.family, first: first.value, last: last.value };
}

export class IpMatcher {
  readonly #range: AddressRange;

  private constructor(range: AddressRange) {
    this.#range = range;
  }

  /** Undefined where the pattern is no address, block or range. */
  static parse(pattern: string): IpMatcher | undefined {
    const range = parsePattern(pattern.trim());
    return range && new IpMatcher(range);
  }

  matchesAddress(text: string): boolean {
    const address = parseAddress(text);
    const { family, first, last } = this.#range;
    return (
      address !== undefined && address.family === family && address.value >= first && address.value <= last
    );
  }

  /** Whether any run of address characters in the line is an address of the pattern. */
  matchesLine(line: string): boolean {
    for (let i = 0; i < line.length; i++) {
      const run = runAt(line, i);
      if (run === undefined) continue;
      if (this.matchesAddress(run)) return true;
      // The character that ends a run is passed over with it.
      i += run.length;
    }
    return false;
  }
}

const isDigit = (c: number): boolean => c >= 48 && c <= 57;
const isHex = (c: number): boolean => isDigit(c) || (c >= 97 && c <= 102) || (c >= 65 && c <= 70);
const V4_RUN = /[0-9.]*/y;
const V6_RUN = /[0-9a-fA-F:.]*/y;
const COLON = 58;

/** The run that begins at `i`: a dot soon after a digit, or a colon soon after hexadecimal ones; else undefined. */
function runAt(line: string, i: number): string | undefined {
  const c = line.charCodeAt(i);
  if (c !== COLON && !isHex(c)) return undefined;
  if (isDigit(c) && i + 3 < line.length && line.slice(i + 1, i + 4).includes('.'))
    return matchAt(V4_RUN, line, i);
  if (c === COLON) {
    const opens = line.charCodeAt(i + 1) === COLON && isHex(line.charCodeAt(i + 2));
    return opens ? matchAt(V6_RUN, line, i) : undefined;
  }
  let at = i + 1;
  while (at < i + 4 && isHex(line.charCodeAt(at))) at++;
  return line.charCodeAt(at) === COLON ? matchAt(V6_RUN, line, i) : undefined;
}

function matchAt(run: RegExp, line: string, i: number): string {
  run.lastIndex = i;
  return run.exec(line)![0];
}
