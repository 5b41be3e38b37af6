/**
 * Certificates that clients show: whether a connection may go on, and who is at its other end. The one place where that is
 * decided; the TLS library has checked by then whether the certificate leads to a known authority and is in force.
 */

import { isIPv6, type Socket, SocketAddress } from 'node:net';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import type { ClientAuthType, ServerTlsSettings } from './server-tls.ts';

/** How an entry of a certificate's alternative names begins that is an address. */
const IP_KIND = 'IP Address';
/** `DNS:a, IP Address:1.2.3.4`; what could be taken for two entries stands in quotes. */
const SAN_ENTRY = /([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/y;
/** Kinds of names that one can be told by. */
const NAME_KINDS: readonly string[] = ['DNS', 'email', 'URI', IP_KIND];

/** Whether clients are asked for certificates at all. */
export function asksForCertificates(type: ClientAuthType): boolean {
  return type !== 'NoClientCert';
}

/** Whether a certificate that is shown must be a good one. */
export function verifiesCertificates(type: ClientAuthType): boolean {
  return type === 'VerifyClientCertIfGiven' || type === 'RequireAndVerifyClientCert';
}

/** Why the connection must not go on, undefined where it may. */
export function clientFault(
  socket: TLSSocket,
  { clientAuth, clientAllowedSans }: Pick<ServerTlsSettings, 'clientAuth' | 'clientAllowedSans'>,
): string | undefined {
  if (!asksForCertificates(clientAuth)) return undefined;
  const certificate = shownCertificate(socket);
  if (certificate === undefined) {
    const isNeeded = clientAuth === 'RequireAnyClientCert' || clientAuth === 'RequireAndVerifyClientCert';
    // Without a certificate there is no name that could be an allowed one.
    return isNeeded || clientAllowedSans !== undefined ? "client didn't provide a certificate" : undefined;
  }
  if (verifiesCertificates(clientAuth) && !socket.authorized) {
    return `failed to verify client certificate: ${socket.authorizationError}`;
  }
  const names = alternativeNames(certificate);
  if (clientAllowedSans === undefined || names.some((name) => clientAllowedSans.includes(name)))
    return undefined;
  return `could not find allowed SANs in client cert, found: [${clientAllowedSans.join(' ')}]`;
}

/** The certificate that the client has shown, good or not. */
function shownCertificate(socket: TLSSocket): PeerCertificate | undefined {
  const certificate = socket.getPeerCertificate() as PeerCertificate | undefined;
  return certificate?.raw === undefined ? undefined : certificate;
}

/**
 * The client's certificate where it has shown one that the configured authorities vouch for; undefined for anybody else.
 * A connection that was resumed counts as authorized without a certificate, so both are looked at.
 */
export function verifiedCertificate(socket: Socket): PeerCertificate | undefined {
  const secured = socket as Partial<TLSSocket>;
  if (secured.encrypted !== true || secured.authorized !== true) return undefined;
  return shownCertificate(socket as TLSSocket);
}

/** Whom a certificate is for: its common names, then its alternative names. */
export function certificateSubjects(certificate: PeerCertificate): string[] {
  // One of them or, against the type, several.
  const common = (certificate.subject?.CN ?? []) as string | string[];
  return [...(Array.isArray(common) ? common : [common]), ...alternativeNames(certificate)];
}

/** Names of hosts, addresses (as Go writes them), mail addresses and URIs. */
export function alternativeNames({ subjectaltname = '' }: PeerCertificate): string[] {
  const names: string[] = [];
  SAN_ENTRY.lastIndex = 0;
  for (let at = 0; at < subjectaltname.length; at = SAN_ENTRY.lastIndex) {
    const entry = SAN_ENTRY.exec(subjectaltname);
    // What cannot be read may be anything: nobody is to be known by it or by what follows.
    if (entry === null || entry[0] === '') break;
    const [, kind, text] = entry as unknown as [string, string, string];
    if (!NAME_KINDS.includes(kind)) continue;
    const name = text.startsWith('"') ? (JSON.parse(text) as string) : text;
    names.push(kind === IP_KIND ? shortAddress(name) : name);
  }
  return names;
}

/** An IPv6 address with its longest run of zeros left out, in small letters. */
function shortAddress(address: string): string {
  return isIPv6(address) ? new SocketAddress({ address, family: 'ipv6' }).address : address;
}
