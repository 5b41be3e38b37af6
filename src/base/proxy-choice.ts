/**
 * Which proxy a request goes through. `proxy_url` alone is for everything. Where hosts are excepted, and for the proxies of the
 * environment, the rules are those of `NO_PROXY` as Go programs read it:
 *
 *   *                      nothing goes through a proxy
 *   10.0.0.0/8             addresses of the network
 *   10.1.2.3, [::1]:80     the address, or one port of it
 *   example.org            the name and every name below it
 *   .example.org           only names below it; so *.example.org
 *   example.org:8080       one port
 *
 * and `localhost` and loopback addresses are always excepted.
 */

import { BlockList, isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import type { ProxyConfig } from './http-client.ts';

/** The proxy for a URL, undefined where it is reached directly. */
export type ProxyChoice = (url: URL) => URL | undefined;

const DIRECT: ProxyChoice = () => undefined;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

export function proxyChoice(config: ProxyConfig | undefined): ProxyChoice {
  if (config === undefined) return DIRECT;
  const { url, noProxy, environment } = config;
  if (environment !== undefined) {
    const excepts = exceptions(environment.noProxy);
    const http = environmentProxy(environment.http);
    const https = environmentProxy(environment.https);
    return (target) => {
      const proxy = target.protocol === 'https:' ? https : http;
      return proxy === undefined || excepts(target) ? undefined : proxy;
    };
  }
  if (url === undefined) return DIRECT;
  const proxy = new URL(url);
  if (noProxy === '') return () => proxy;
  const excepts = exceptions(noProxy);
  return (target) => (excepts(target) ? undefined : proxy);
}

/** A URL, or a host and port; what is neither counts as not there. */
function environmentProxy(text: string): URL | undefined {
  if (text === '') return undefined;
  for (const candidate of [text, `http://${text}`]) {
    const url = URL.canParse(candidate) ? new URL(candidate) : undefined;
    if (url !== undefined && url.hostname !== '') return url;
  }
  return undefined;
}

/** Whether a host (lower case, without brackets) and port are excepted by one entry of the list. */
type Exception = (host: string, port: string) => boolean;

function exceptions(noProxy: string): (url: URL) => boolean {
  const entries = noProxy
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '');
  if (entries.includes('*')) return () => true;
  const all = entries.map(exception).filter((entry) => entry !== undefined);
  return (url) => {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const port = url.port || DEFAULT_PORTS[url.protocol]!;
    return isLoopback(host) || all.some((excepts) => excepts(host, port));
  };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function exception(entry: string): Exception | undefined {
  const [address = '', prefix] = entry.split('/', 2);
  if (prefix !== undefined && isIP(address)) return networkException(address, Number(prefix));
  const withPort = /^(?:\[([^\]]*)\]|([^:]*)):(\d*)$/.exec(entry);
  const host = withPort ? (withPort[1] ?? withPort[2]!) : entry;
  const wanted = withPort?.[3] || undefined;
  const isPort = (port: string): boolean => wanted === undefined || wanted === port;
  if (isIP(host)) {
    const same = networkException(host, isIP(host) === 4 ? 32 : 128)!;
    return (other, port) => same(other, port) && isPort(port);
  }
  const name = host.replace(/^\*(?=\.)/, '');
  if (name === '') return undefined;
  const isBelowOnly = name.startsWith('.');
  const suffix = ascii(isBelowOnly ? name.slice(1) : name);
  return (other, port) =>
    !isIP(other) && (other.endsWith(`.${suffix}`) || (!isBelowOnly && other === suffix)) && isPort(port);
}

function ascii(name: string): string {
  return /^\p{ASCII}*$/u.test(name) ? name : domainToASCII(name) || name;
}

function networkException(address: string, prefix: number): Exception | undefined {
  const network = unmapped(address);
  const kind = isIP(network);
  const bits = network === address ? prefix : prefix - MAPPED_BITS;
  if (!(Number.isInteger(bits) && bits >= 0 && bits <= (kind === 4 ? 32 : 128))) return undefined;
  const family = kind === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, bits, family);
  return (host) => {
    const other = isIP(host) === 0 ? host : unmapped(host);
    return isIP(other) === kind && list.check(other, family);
  };
}

/** In front of an IPv4 address that is written as one of IPv6. */
const MAPPED_BITS = 96;

/** Such an address as one of IPv4, any other as it is. */
function unmapped(address: string): string {
  if (isIP(address) !== 6) return address;
  const groups = /^\[::ffff:([\da-f]{1,4}):([\da-f]{1,4})\]$/.exec(new URL(`http://[${address}]`).hostname);
  if (groups === null) return address;
  const [high, low] = [Number.parseInt(groups[1]!, 16), Number.parseInt(groups[2]!, 16)];
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}
