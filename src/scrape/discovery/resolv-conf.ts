/** `/etc/resolv.conf`: which name servers are asked, and for which names in a short name's place. */

import { readFile } from 'node:fs/promises';

const RESOLV_CONF = '/etc/resolv.conf';
const NDOTS_MAX = 15;

export interface ResolvConf {
  /** Addresses, with a port where it is not 53. */
  readonly servers: readonly string[];
  readonly search: readonly string[];
  /** A name with fewer dots is looked for in the search domains first. */
  readonly ndots: number;
}

/** Rejects where the file cannot be read. */
export async function readResolvConf(): Promise<ResolvConf> {
  return parseResolvConf(await readFile(RESOLV_CONF, 'utf8'));
}

export function parseResolvConf(text: string): ResolvConf {
  const servers: string[] = [];
  let search: string[] = [];
  let ndots = 1;
  for (const line of text.split('\n')) {
    const [key, ...values] = line.trim().split(/\s+/);
    if (key === 'nameserver' && values[0] !== undefined) servers.push(values[0]);
    else if (key === 'domain') search = values.slice(0, 1);
    else if (key === 'search') search = values;
    else if (key === 'options') {
      for (const option of values) {
        const count = /^ndots:(-?\d+)/.exec(option)?.[1];
        if (count !== undefined) ndots = Math.min(NDOTS_MAX, Math.max(0, Number(count)));
      }
    }
  }
  return { servers, search, ndots };
}

/** The full names, each with its last dot, that a name may stand for, in the order in which they are tried. */
export function namesFor(name: string, { search, ndots }: ResolvConf): string[] {
  if (name.endsWith('.')) return [name];
  const full = `${name}.`;
  const searched = search.map((domain) => full + domain.replace(/\.?$/, '.'));
  return name.split('.').length > ndots ? [full, ...searched] : [...searched, full];
}
