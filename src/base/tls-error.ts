/** Words for what goes wrong in TLS, in the manner that operators know from Go programs. */

import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate, type TLSSocket } from 'node:tls';

/** RFC 8446, section 6: what the other side says before it hangs up. */
const ALERTS: Readonly<Record<number, string>> = {
  10: 'unexpected message',
  20: 'bad record MAC',
  40: 'handshake failure',
  42: 'bad certificate',
  43: 'unsupported certificate',
  44: 'revoked certificate',
  45: 'expired certificate',
  46: 'unknown certificate',
  47: 'illegal parameter',
  48: 'unknown certificate authority',
  49: 'access denied',
  50: 'error decoding message',
  51: 'error decrypting message',
  70: 'protocol version not supported',
  71: 'insufficient security level',
  80: 'internal error',
  109: 'missing extension',
  112: 'unrecognized name',
  116: 'certificate required',
  120: 'no application protocol',
};

/** By OpenSSL's code. */
const LOCAL: Readonly<Record<string, string>> = {
  // What does not look like TLS is mostly an answer in plain text.
  ERR_SSL_WRONG_VERSION_NUMBER: 'http: server gave HTTP response to HTTPS client',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'http: server gave HTTP response to HTTPS client',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'tls: server selected unsupported protocol version',
  ERR_SSL_NO_PROTOCOLS_AVAILABLE: 'tls: no supported versions satisfy MinVersion and MaxVersion',
};

/** What OpenSSL calls a chain that leads to nobody who is trusted. */
const UNKNOWN_AUTHORITY: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Undefined where the error is none of TLS. */
export function tlsErrorText(error: NodeJS.ErrnoException): string | undefined {
  const alert = ALERTS[Number(/SSL alert number (\d+)/.exec(error.message)?.[1])];
  return alert === undefined ? LOCAL[error.code ?? ''] : `remote error: tls: ${alert}`;
}

/** Why the certificate of a connection that is not `authorized` does not hold for `host`. */
export function certificateErrorText(socket: TLSSocket, host: string): string {
  return `tls: failed to verify certificate: x509: ${certificateFault(socket, host)}`;
}

/** In the order in which Go programs look: time, name, authority. */
function certificateFault(socket: TLSSocket, host: string): string {
  const code = String(socket.authorizationError);
  const certificate = socket.getPeerCertificate();
  const now = new Date();
  const [from, to] = [new Date(certificate.valid_from), new Date(certificate.valid_to)];
  const isOver = now > to;
  if (isOver || now < from) {
    const bound = isOver ? `after ${seconds(to)}` : `before ${seconds(from)}`;
    return `certificate has expired or is not yet valid: current time ${seconds(now)} is ${bound}`;
  }
  if (checkServerIdentity(host, certificate) !== undefined) return nameFault(certificate, host);
  return UNKNOWN_AUTHORITY.has(code) ? 'certificate signed by unknown authority' : code;
}

/** To the second, as RFC 3339. */
function seconds(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}

function nameFault({ subjectaltname = '', subject }: PeerCertificate, host: string): string {
  const names = { DNS: [] as string[], 'IP Address': [] as string[] };
  for (const part of subjectaltname.split(', ')) {
    const at = part.indexOf(':');
    const kind = part.slice(0, at);
    if (kind === 'DNS' || kind === 'IP Address') names[kind].push(part.slice(at + 1));
  }
  const valid = isIP(host) ? names['IP Address'] : names.DNS;
  if (valid.length > 0) return `certificate is valid for ${valid.join(', ')}, not ${host}`;
  if (isIP(host)) return `cannot validate certificate for ${host} because it doesn't contain any IP SANs`;
  const hasNone = names['IP Address'].length === 0;
  if (hasNone && subject?.CN) return 'certificate relies on legacy Common Name field, use SANs instead';
  return `certificate is not valid for any names, but wanted to match ${host}`;
}
