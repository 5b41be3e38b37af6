/**
 * One conversation with an SMTP server (RFC 5321), as much of it as a notification needs: EHLO, STARTTLS, AUTH, one message. A mail
 * goes to all of its recipients or to none, and the mechanism is the first of the server's that there are credentials for: both are
 * what the original does and what libraries for mail do otherwise.
 */

import { createHmac } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import { handshake, open, type TlsRoute } from '../../base/dial.ts';
import { networkErrorText } from '../../base/network-error.ts';

/** A line of an answer, and all of one: more is no mail server. */
const ANSWER_CHARS_MAX = 64 << 10;

/** The server's refusal. */
export class SmtpRefusal extends Error {
  override name = 'SmtpRefusal';
  readonly status: number;

  constructor(status: number, text: string) {
    super(`${status} ${text}`);
    this.status = status;
  }
}

interface Reply {
  readonly status: number;
  readonly lines: readonly string[];
}

export class SmtpSession {
  #socket: Socket;
  readonly #host: string;
  readonly #signal: AbortSignal;
  #isSecure = false;
  #received = '';
  #fault: Error | undefined;
  #wake: (() => void) | undefined;
  #extensions: ReadonlyMap<string, string> = new Map();

  private constructor(socket: Socket, host: string, signal: AbortSignal) {
    this.#socket = socket;
    this.#host = host;
    this.#signal = signal;
    this.#listen();
  }

  /** With `tls`, TLS begins at once. Rejects where there is no connection. */
  static async connect(
    host: string,
    port: number,
    tls: TlsRoute | undefined,
    signal: AbortSignal,
  ): Promise<SmtpSession> {
    const socket = await open({ host, port }, signal);
    const session = new SmtpSession(
      tls ? await handshake(socket, host, tls, signal, []) : socket,
      host,
      signal,
    );
    session.#isSecure = tls !== undefined;
    return session;
  }

  #listen(): void {
    const socket = this.#socket;
    const fail = (error: Error): void => {
      this.#fault ??= error;
      this.#wake?.();
    };
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      this.#received += text;
      if (this.#received.length > ANSWER_CHARS_MAX) socket.destroy(new Error('the answer is too long'));
      this.#wake?.();
    });
    socket.on('error', (error) => fail(new Error(networkErrorText(error))));
    socket.on('close', () => fail(new Error('EOF')));
    this.#signal.addEventListener('abort', this.#abort, { once: true });
    if (this.#signal.aborted) this.#abort();
  }

  readonly #abort = (): void => {
    const { reason } = this.#signal;
    this.#socket.destroy(reason instanceof Error ? reason : new Error(String(reason)));
  };

  async #reply(): Promise<Reply> {
    const lines: string[] = [];
    for (;;) {
      const line = await this.#line();
      const match = /^(\d{3})([ -]?)(.*)$/.exec(line);
      if (!match) throw new Error(`short response: ${line.slice(0, 100)}`);
      lines.push(match[3]!);
      if (match[2] !== '-') return { status: Number(match[1]), lines };
    }
  }

  async #line(): Promise<string> {
    for (;;) {
      const end = this.#received.indexOf('\n');
      if (end >= 0) {
        const line = this.#received.slice(0, end).replace(/\r$/, '');
        this.#received = this.#received.slice(end + 1);
        return line;
      }
      if (this.#fault) throw this.#fault;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Sends a line and reads its answer; refuses what would be more than a line. `expected` are the answer's first digits. */
  async #command(line: string, expected: string): Promise<Reply> {
    if (/[\r\n]/.test(line)) throw new Error('smtp: A line must not contain CR or LF');
    this.#socket.write(`${line}\r\n`);
    return this.#expect(expected);
  }

  async #expect(expected: string): Promise<Reply> {
    const reply = await this.#reply();
    const { status, lines } = reply;
    if (!String(status).startsWith(expected)) throw new SmtpRefusal(status, lines.join('\n'));
    return reply;
  }

  async greeting(): Promise<void> {
    await this.#expect('220');
  }

  /** `name` is what this machine calls itself. */
  async hello(name: string): Promise<void> {
    try {
      const { lines } = await this.#command(`EHLO ${name}`, '250');
      this.#extensions = new Map(
        lines.slice(1).map((line): [string, string] => {
          const [, keyword, rest] = /^(\S*) ?(.*)$/.exec(line)!;
          return [keyword!.toUpperCase(), rest!];
        }),
      );
    } catch (error) {
      if (!(error instanceof SmtpRefusal)) throw error;
      await this.#command(`HELO ${name}`, '250');
    }
  }

  /** What the server says of an extension; undefined where it has it not. */
  extension(name: string): string | undefined {
    return this.#extensions.get(name);
  }

  /** Whether a password may be sent as it is: nobody listens on the way. */
  get isPrivate(): boolean {
    const isLocal =
      this.#host === 'localhost' || (isIP(this.#host) !== 0 && /^(127\.|::1$)/.test(this.#host));
    return this.#isSecure || isLocal;
  }

  async startTls(tls: TlsRoute, name: string): Promise<void> {
    await this.#command('STARTTLS', '220');
    // What came before the handshake is from somebody who listens: it is no answer of the server's.
    if (this.#received !== '') throw new Error('the server sent more than its answer before TLS');
    const plain = this.#socket;
    plain.removeAllListeners('data').removeAllListeners('error').removeAllListeners('close');
    this.#signal.removeEventListener('abort', this.#abort);
    try {
      this.#socket = await handshake(plain, this.#host, tls, this.#signal, []);
    } catch (error) {
      // Nothing can be said on it any more, not even goodbye.
      this.#fault = error as Error;
      throw error;
    }
    this.#isSecure = true;
    this.#listen();
    await this.hello(name);
  }

  async authPlain(identity: string, username: string, password: string): Promise<void> {
    if (!this.isPrivate) throw new Error('unencrypted connection');
    const response = Buffer.from(`${identity}\0${username}\0${password}`).toString('base64');
    await this.#command(`AUTH PLAIN ${response}`, '235');
  }

  async authLogin(username: string, password: string): Promise<void> {
    await this.#command('AUTH LOGIN', '334');
    await this.#command(Buffer.from(username).toString('base64'), '334');
    await this.#command(Buffer.from(password).toString('base64'), '235');
  }

  async authCramMd5(username: string, secret: string): Promise<void> {
    const { lines } = await this.#command('AUTH CRAM-MD5', '334');
    const challenge = Buffer.from(lines[0]!, 'base64');
    const digest = createHmac('md5', secret).update(challenge).digest('hex');
    await this.#command(Buffer.from(`${username} ${digest}`).toString('base64'), '235');
  }

  async mail(from: string): Promise<void> {
    const eight = this.#extensions.has('8BITMIME') ? ' BODY=8BITMIME' : '';
    const utf8 = this.#extensions.has('SMTPUTF8') ? ' SMTPUTF8' : '';
    await this.#command(`MAIL FROM:<${from}>${eight}${utf8}`, '250');
  }

  async recipient(to: string): Promise<void> {
    await this.#command(`RCPT TO:<${to}>`, '25');
  }

  async beginData(): Promise<void> {
    await this.#command('DATA', '354');
  }

  /** `message` has lines that end with CRLF. Resolves once the server has taken it. */
  async endData(message: string): Promise<void> {
    this.#socket.write(`${message.replace(/^\./gm, '..')}\r\n.\r\n`);
    await this.#expect('250');
  }

  /** Ends the conversation where it can still be ended, and the connection. */
  async close(): Promise<void> {
    try {
      if (!this.#fault && !this.#signal.aborted) await this.#command('QUIT', '221');
    } catch {
      // The mail is delivered or is not: the server's goodbye changes nothing.
    } finally {
      this.#signal.removeEventListener('abort', this.#abort);
      this.#socket.destroy();
    }
  }
}
