/** Words for what the network says, in the manner that operators know from Go programs. */

import { isIPv6 } from 'node:net';
import { tlsErrorText } from './tls-error.ts';

const CONNECT: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  EACCES: 'permission denied',
  ENOENT: 'no such file or directory',
};

const LOOKUP: Readonly<Record<string, string>> = {
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'server misbehaving',
};

interface SystemError extends NodeJS.ErrnoException {
  /** Of a host, or the path of a socket. */
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
}

export function networkErrorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A name with several addresses: the first tells most.
  const first: unknown = error instanceof AggregateError ? (error.errors[0] ?? error) : error;
  const { code = '', syscall, address, port, hostname, message } = first as SystemError;
  const refusal = syscall === 'connect' ? CONNECT[code] : undefined;
  if (refusal !== undefined && address !== undefined) {
    const where = port === undefined ? `unix ${address}` : `tcp ${hostPort(address, port)}`;
    return `dial ${where}: connect: ${refusal}`;
  }
  if (LOOKUP[code] !== undefined) return `dial tcp: lookup ${hostname}: ${LOOKUP[code]}`;
  const tls = tlsErrorText(first as NodeJS.ErrnoException);
  if (tls !== undefined) return tls;
  if (code === 'ECONNRESET') return syscall === 'read' ? 'read: connection reset by peer' : 'EOF';
  if (code === 'EPIPE') return 'write: broken pipe';
  if (code.startsWith('HPE_'))
    return 'net/http: HTTP/1.x transport connection broken: malformed HTTP response';
  return message;
}

export function hostPort(host: string, port: number | string): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}
