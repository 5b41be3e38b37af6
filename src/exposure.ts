/** What is told of listeners at the start: who may come in from beyond this machine, and who may read along. */

import { isLoopback, type OpenAddress, printAddress } from './api/listeners.ts';
import type { Config } from './config/settings.ts';

/** Why it is not safe to reach the listener over a network, undefined where nothing is known against it. */
export function exposureOf({ auth, tls }: Config, address: OpenAddress): string | undefined {
  if (isLoopback(address.host)) return undefined;
  const asksCertificates = address.tls === true && tls?.clientAuth === 'RequireAndVerifyClientCert';
  if (auth === undefined && !asksCertificates) return 'listening beyond this machine without authentication';
  return address.tls
    ? undefined
    : 'listening beyond this machine without TLS: what is sent can be read along';
}

/** What `tls.plain` names and no listener is; it may be meant for one that has TLS now. */
export function unknownPlain({ tls, http, otlpGrpc, jaegerHttp, jaeger, zipkin }: Config): string[] {
  const single = [otlpGrpc, jaegerHttp ?? undefined].filter((address) => address !== undefined);
  const several = [...(jaeger.thrift ?? []), ...(jaeger.grpc ?? []), ...zipkin];
  const known = new Set([...http, ...single, ...several].map(printAddress));
  // At their usual places they are not named in the configuration.
  if (tls === undefined || jaeger.all) return [];
  return tls.plain.map(printAddress).filter((address) => !known.has(address));
}
