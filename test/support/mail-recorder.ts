/** An SMTP server that keeps what it is sent. */

import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface RecordedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly isSecure: boolean;
  /** Who has said who he is, and how: `PLAIN user password`. */
  readonly auth: string | undefined;
  readonly hello: string;
  readonly text: string;
}

export interface MailRecorder {
  readonly port: number;
  readonly mails: RecordedMail[];
  stop(): Promise<void>;
}

export async function startMailRecorder(options: SMTPServerOptions = {}): Promise<MailRecorder> {
  const mails: RecordedMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    closeTimeout: 200,
    onAuth: (auth, _, callback) => {
      const { method, username = '', password = '' } = auth;
      const isRight = method === 'CRAM-MD5' ? auth.validatePassword('secret') : password === 'secret';
      if (isRight) callback(null, { user: `${method} ${username}` });
      else callback(Object.assign(new Error('Invalid username or password'), { responseCode: 535 }));
    },
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          isSecure: session.secure,
          auth: session.user as string | undefined,
          hello: session.hostNameAppearsAs as string,
          text: Buffer.concat(chunks).toString(),
        });
        callback();
      });
    },
    ...options,
  });
  // A client that goes away is none of the server's faults.
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Headers by name, folded lines joined, and the body. */
export function splitMail(text: string): {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
} {
  const end = text.indexOf('\r\n\r\n');
  const lines = text
    .slice(0, end)
    .replace(/\r\n[ \t]/g, ' ')
    .split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const [name, ...rest] = line.split(': ');
    return [name!, rest.join(': ')];
  });
  return { headers: new Map(headers), body: text.slice(end + 4) };
}

/** The decoded parts of a multipart body, by their type. */
export function mailParts(text: string): ReadonlyMap<string, string> {
  const { headers, body } = splitMail(text);
  const boundary = /boundary=(\S+)/.exec(headers.get('Content-Type') ?? '')![1]!;
  const parts = body.split(`--${boundary}`).slice(1, -1);
  return new Map(
    parts.map((part): [string, string] => {
      const { headers: own, body: encoded } = splitMail(part.replace(/^\r\n/, ''));
      const latin = encoded
        .replace(/\r\n$/, '')
        .replace(/=\r\n/g, '')
        .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
      return [own.get('Content-Type')!.split(';')[0]!, Buffer.from(latin, 'latin1').toString()];
    }),
  );
}
