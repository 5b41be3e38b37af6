/**
 * What the TLS of listeners is told, as plain data. Words and meanings are those of Prometheus' web configuration, which
 * names versions, cipher suites and curves as Go does; OpenSSL's names stand beside them here.
 */

import type { Secret, TlsVersion } from './http-client.ts';

/** What is asked of clients. The first two judge nothing: whoever comes is served. */
export const CLIENT_AUTH_TYPES = [
  'NoClientCert',
  'RequestClientCert',
  'RequireAnyClientCert',
  'VerifyClientCertIfGiven',
  'RequireAndVerifyClientCert',
] as const;

export type ClientAuthType = (typeof CLIENT_AUTH_TYPES)[number];

/** A piece of PEM: in `value`, or in `file`, which is read again as it changes. */
export interface PemSource extends Secret {
  /** Of the environment, where `value` is from there. */
  readonly variable?: string;
}

/** An address as listeners are configured. */
export interface PlainAddress {
  readonly host: string;
  readonly port: number;
}

export interface ServerTlsSettings {
  /** The server's own certificate first, then those that lead to its authority. */
  readonly cert: PemSource;
  readonly key: PemSource;
  /** Whose certificates clients have. Undefined: the system's authorities, where clients are verified at all. */
  readonly clientCa: PemSource | undefined;
  readonly clientAuth: ClientAuthType;
  /** A client's certificate must have one of these names; undefined: any will do. */
  readonly clientAllowedSans: readonly string[] | undefined;
  /** In Node's spelling. */
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** Up to TLS 1.2, as OpenSSL calls them, the best first; undefined: what is good today. */
  readonly ciphers: readonly string[] | undefined;
  /** As OpenSSL calls them, the best first; undefined: what is good today. */
  readonly curves: readonly string[] | undefined;
  readonly prefersServerCiphers: boolean;
  /** Whether HTTP ports take gRPC too; ports of gRPC alone always do. */
  readonly http2: boolean;
  /** Listeners that stay without TLS. */
  readonly plain: readonly PlainAddress[];
}

/** Of TLS 1.3: all are good, and nothing switches one of them off. */
export const TLS13_SUITES: readonly string[] = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
];

/** The suites that Go calls secure, by its names. Those of TLS 1.3 may be named and have no effect. */
export const CIPHER_SUITES: ReadonlyMap<string, string | undefined> = new Map<string, string | undefined>([
  ...TLS13_SUITES.map((name) => [name, undefined] as const),
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA', 'ECDHE-ECDSA-AES128-SHA'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA', 'ECDHE-ECDSA-AES256-SHA'],
  ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'ECDHE-RSA-AES128-SHA'],
  ['TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA', 'ECDHE-RSA-AES256-SHA'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
  ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
  ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-RSA-CHACHA20-POLY1305'],
  ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
]);

export const CURVES: ReadonlyMap<string, string> = new Map([
  ['CurveP256', 'P-256'],
  ['CurveP384', 'P-384'],
  ['CurveP521', 'P-521'],
  ['X25519', 'X25519'],
]);

/** Whether a listener that is configured at `address` speaks TLS. */
export function speaksTls(tls: ServerTlsSettings | undefined, { host, port }: PlainAddress): boolean {
  return tls !== undefined && !tls.plain.some((plain) => plain.host === host && plain.port === port);
}
