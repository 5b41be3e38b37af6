/**
 * Targets from DNS: the records of some names. What is known of a name stays while it cannot be looked up; a name that
 * does not exist, or has no such records, has no targets.
 */

import { Resolver } from 'node:dns/promises';
import { TriliteError } from '../../model/errors.ts';
import type { TargetGroup } from '../target.ts';
import type { Discovery } from './discovery.ts';
import type { DnsDiscoveryConfig, DnsRecordType } from './discovery-config.ts';
import type { DiscoveryTelemetry } from './discovery-telemetry.ts';
import { RefreshedDiscovery, type RefreshParts } from './refreshed.ts';
import { namesFor, type ResolvConf, readResolvConf } from './resolv-conf.ts';

const PREFIX = '__meta_dns_';
/** A server that does not answer sooner is passed over. */
const TIMEOUT_MS = 2000;
/** The resolver's code for it. */
const NO_SUCH_NAME = 'ENOTFOUND';

/** A record as far as a target is made of it. */
interface DnsRecord {
  /** An address, or a name without its last dot. */
  readonly host: string;
  readonly port: number;
  readonly labels: Readonly<Record<string, string>>;
}

export function dnsDiscovery(
  config: DnsDiscoveryConfig,
  parts: RefreshParts,
  telemetry: DiscoveryTelemetry,
  resolvConf: () => Promise<ResolvConf> = readResolvConf,
): Discovery {
  const counts = telemetry.dns();
  const known = new Map<string, readonly TargetGroup[]>();
  const ask = async (signal: AbortSignal): Promise<readonly TargetGroup[]> => {
    const one = async (name: string): Promise<void> => {
      counts.lookups.add();
      try {
        known.set(name, (await lookUp(name, config, await resolvConf(), signal)).map(toGroup(name)));
      } catch (error) {
        counts.failures.add();
        if (!signal.aborted) parts.onError(error);
      }
    };
    await Promise.all([...new Set(config.names)].map(one));
    return [...known.values()].flat();
  };
  return new RefreshedDiscovery({ intervalMs: config.refreshIntervalMs, ask }, parts);
}

function toGroup(name: string): (record: DnsRecord) => TargetGroup {
  return ({ host, port, labels }) => ({
    targets: [`${host.includes(':') ? `[${host}]` : host}:${port}`],
    labels: { ...labels, [`${PREFIX}name`]: name },
  });
}

/**
 * Of the names that a name may stand for the first one that exists. Rejects where there is none and a lookup failed, for
 * then nothing is known.
 */
async function lookUp(
  name: string,
  config: DnsDiscoveryConfig,
  conf: ResolvConf,
  signal: AbortSignal,
): Promise<DnsRecord[]> {
  let failure: string | undefined;
  for (const full of namesFor(name, conf)) {
    const outcome = await askServers(full, config, conf.servers, signal);
    if (Array.isArray(outcome)) return outcome;
    if (outcome !== NO_SUCH_NAME) failure = `${full}: ${outcome}`;
  }
  if (failure !== undefined) throw new TriliteError('execution', `could not resolve "${name}": ${failure}`);
  return [];
}

/** Asks one server after the other until one gives an answer; else the last one's failure, or that the name does not exist. */
async function askServers(
  full: string,
  { type, port }: DnsDiscoveryConfig,
  servers: readonly string[],
  signal: AbortSignal,
): Promise<DnsRecord[] | string> {
  let failure = 'resolv.conf names no server';
  for (const server of servers) {
    if (signal.aborted) return 'context deadline exceeded';
    const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 1 });
    const cancel = (): void => resolver.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      resolver.setServers([server]);
      return await recordsOf(resolver, full, type, port);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENODATA') return [];
      if (code === NO_SUCH_NAME) return NO_SUCH_NAME;
      failure = `${server}: ${code ?? message}`;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }
  return failure;
}

/** Rejects with the resolver's codes: `ENOTFOUND` where there is no such name, `ENODATA` where it has no such record. */
async function recordsOf(
  resolver: Resolver,
  full: string,
  type: DnsRecordType,
  port: number,
): Promise<DnsRecord[]> {
  // The resolver leaves the last dot of names away, which labels have.
  switch (type) {
    case 'SRV':
      return (await resolver.resolveSrv(full)).map((record) => ({
        host: record.name,
        port: record.port,
        labels: {
          [`${PREFIX}srv_record_target`]: `${record.name}.`,
          [`${PREFIX}srv_record_port`]: String(record.port),
        },
      }));
    case 'MX':
      return (await resolver.resolveMx(full)).map(({ exchange }) => ({
        host: exchange,
        port,
        labels: { [`${PREFIX}mx_record_target`]: `${exchange}.` },
      }));
    case 'NS':
      return (await resolver.resolveNs(full)).map((server) => ({
        host: server,
        port,
        labels: { [`${PREFIX}ns_record_target`]: `${server}.` },
      }));
    case 'A':
      return (await resolver.resolve4(full)).map((host) => ({ host, port, labels: {} }));
    case 'AAAA':
      return (await resolver.resolve6(full)).map((host) => ({ host, port, labels: {} }));
  }
}
