/** IP addresses as text: checked, and in the one form that the field writes them in (RFC 5952). */

const IPV4_BYTES = 4;
const IPV6_GROUPS = 8;
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const GROUP = /^[0-9a-fA-F]{1,4}$/;

/** The address in its usual form; undefined where the text is none. */
export function ipAddressOf(text: string): string | undefined {
  if (IPV4.test(text)) return text;
  const groups = ipv6Groups(text);
  return groups && ipv6Text(groups);
}

/** The address of 4 or 16 bytes; undefined for any other number of them. */
export function ipAddressOfBytes(bytes: Uint8Array): string | undefined {
  if (bytes.length === IPV4_BYTES) return bytes.join('.');
  if (bytes.length !== 2 * IPV6_GROUPS) return undefined;
  const groups: number[] = [];
  for (let i = 0; i < bytes.length; i += 2) groups.push(bytes[i]! * 256 + bytes[i + 1]!);
  return ipv6Text(groups);
}

/** The eight numbers of an address of version 6, which may end in one of version 4. */
function ipv6Groups(text: string): number[] | undefined {
  const tail = /:(\d+\.[\d.]+)$/.exec(text)?.[1];
  if (tail !== undefined) {
    if (!IPV4.test(tail)) return undefined;
    const [a, b, c, d] = tail.split('.').map(Number);
    const hex = `${(a! * 256 + b!).toString(16)}:${(c! * 256 + d!).toString(16)}`;
    return ipv6Groups(text.slice(0, -tail.length) + hex);
  }
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [front, back] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const given = [...front!, ...(back ?? [])];
  const missing = IPV6_GROUPS - given.length;
  if (!given.every((group) => GROUP.test(group))) return undefined;
  if (back === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = [...front!, ...new Array<string>(missing).fill('0'), ...(back ?? [])];
  return all.map((group) => Number.parseInt(group, 16));
}

function ipv6Text(groups: readonly number[]): string {
  // An address of version 4 in the clothes of version 6 is one of version 4.
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return groups
      .slice(6)
      .map((group) => `${group >> 8}.${group & 0xff}`)
      .join('.');
  }
  const { start, length } = longestZeros(groups);
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  if (length < 2) return hex(groups);
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

/** The first of the longest runs of zeros. */
function longestZeros(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  for (const [i, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > best.length) best = { start: i + 1 - length, length };
  }
  return best;
}
