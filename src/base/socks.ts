/**
 * A connection through a SOCKS5 proxy (RFC 1928), with a user name and password (RFC 1929) where the proxy's URL has them:
 *
 *   05 n methods            ─▶      05 method
 *   01 n user n password    ─▶      01 00
 *   05 01 00 type address port ─▶   05 00 00 type address port
 *
 * Names are resolved by the proxy.
 */

import { isIPv4, isIPv6, type Socket } from 'node:net';
import { decodedPart } from './url-credentials.ts';

const VERSION = 5;
const NO_AUTHENTICATION = 0;
const PASSWORD = 2;
const PASSWORD_VERSION = 1;
const CONNECT = 1;
const IPV4 = 1;
const NAME = 3;
const IPV6 = 4;

/** By the code of the proxy's answer. */
const REFUSALS: readonly string[] = [
  '',
  'general SOCKS server failure',
  'connection not allowed by ruleset',
  'network unreachable',
  'host unreachable',
  'connection refused',
  'TTL expired',
  'command not supported',
  'address type not supported',
];

/** Resolves when what is written to `socket` goes to the host. */
export async function socksTunnel(socket: Socket, proxy: URL, host: string, port: number): Promise<void> {
  const username = Buffer.from(decodedPart(proxy.username));
  const password = Buffer.from(decodedPart(proxy.password));
  const method = username.length > 0 ? PASSWORD : NO_AUTHENTICATION;
  socket.write(Uint8Array.of(VERSION, 1, method));
  const [version, chosen] = await read(socket, 2);
  if (version !== VERSION) throw new Error(`unexpected protocol version ${version}`);
  if (chosen !== method) throw new Error('no acceptable authentication methods');
  if (method === PASSWORD) {
    if (username.length > 255 || password.length > 255) throw new Error('invalid username/password');
    socket.write(
      Buffer.concat([
        Uint8Array.of(PASSWORD_VERSION, username.length),
        username,
        Uint8Array.of(password.length),
        password,
      ]),
    );
    const [, status] = await read(socket, 2);
    if (status !== 0) throw new Error('username/password authentication failed');
  }
  const target = Buffer.alloc(2);
  target.writeUInt16BE(port);
  socket.write(Buffer.concat([Uint8Array.of(VERSION, CONNECT, 0), addressBytes(host), target]));
  const [, reply, , type] = await read(socket, 4);
  if (reply !== 0) throw new Error(REFUSALS[reply!] ?? `unknown code: ${reply}`);
  // Where the proxy is connected from: of no interest, but to be read.
  const length = type === IPV4 ? 4 : type === IPV6 ? 16 : (await read(socket, 1))[0]!;
  await read(socket, length + 2);
}

function addressBytes(host: string): Buffer {
  if (isIPv4(host)) return Buffer.from([IPV4, ...host.split('.').map(Number)]);
  if (isIPv6(host))
    return Buffer.from([IPV6, ...ipv6Groups(host).flatMap((group) => [group >> 8, group & 0xff])]);
  const name = Buffer.from(host);
  if (name.length > 255) throw new Error('FQDN too long');
  return Buffer.concat([Uint8Array.of(NAME, name.length), name]);
}

/** The eight groups of an address as URLs have it: hexadecimal, one run of zeros left out at most. */
function ipv6Groups(host: string): number[] {
  const [before, after] = host.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array.from({ length: 8 - before!.length - (after?.length ?? 0) }, () => '0');
  return [...before!, ...(after === undefined ? [] : [...zeros, ...after])].map((group) =>
    Number.parseInt(group, 16),
  );
}

/** The next `size` bytes. */
function read(socket: Socket, size: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void): void => {
      socket.off('readable', take);
      socket.off('error', failed);
      socket.off('close', ended);
      finish();
    };
    const failed = (error: Error): void => settle(() => reject(error));
    const ended = (): void => failed(new Error('EOF'));
    const take = (): void => {
      const bytes = socket.read(size) as Buffer | null;
      if (bytes === null) return;
      if (bytes.length < size) ended();
      else settle(() => resolve(bytes));
    };
    socket.on('readable', take);
    socket.on('error', failed);
    socket.on('close', ended);
    take();
  });
}
