/** A mail, handed to an SMTP server. Nothing is sent without TLS unless the configuration says that it may be. */

import { randomInt } from 'node:crypto';
import { hostname } from 'node:os';
import type { TlsRoute } from '../../base/dial.ts';
import { hostPort, networkErrorText } from '../../base/network-error.ts';
import { TlsMaterial } from '../../base/tls-material.ts';
import { formatTime } from '../../model/template/time-format.ts';
import type { EmailConfig } from '../receiver-config.ts';
import type { Expansion } from '../templates/notification-templates.ts';
import { expanding, expansionOf, hashOfKey, type NotifierParts, readSecretNow } from './expansion.ts';
import { type Integration, type Notification, NotifyError } from './integration.ts';
import { mailMessage, parseAddresses } from './mail-message.ts';
import { SmtpRefusal, SmtpSession } from './smtp-session.ts';

const SUBJECT = '{{ template "email.default.subject" . }}';
const RFC1123Z = 'Mon, 02 Jan 2006 15:04:05 -0700';
/** Digits of a group's hash within the name of its thread. */
const THREAD_DIGITS = 16;

interface Envelope {
  readonly from: string;
  readonly to: readonly string[];
  readonly message: string;
}

export class EmailIntegration implements Integration {
  readonly name = 'email';
  readonly index: number;
  readonly sendsResolved: boolean;
  readonly #config: EmailConfig;
  readonly #parts: NotifierParts;
  readonly #tls: TlsMaterial;

  constructor(config: EmailConfig, parts: NotifierParts) {
    this.index = config.index;
    this.sendsResolved = config.sendsResolved;
    this.#config = config;
    this.#parts = parts;
    this.#tls = new TlsMaterial(config.tls);
  }

  async notify(notification: Notification, signal: AbortSignal): Promise<void> {
    // What cannot be written need not trouble a server.
    const envelope = this.#envelope(notification);
    const step = stepsUntil(signal);
    const { host, port, isImplicitTls } = this.#config;
    const tls = isImplicitTls ? await this.#tlsRoute() : undefined;
    const what = isImplicitTls ? 'establish TLS connection to server' : 'establish connection to server';
    const session = await step(what, SmtpSession.connect(host, Number(port), tls, signal));
    try {
      await this.#introduce(session, step);
      await this.#authenticate(session, step);
      await step('send MAIL command', session.mail(envelope.from));
      for (const address of envelope.to) await step('send RCPT command', session.recipient(address));
      await step('send DATA command', session.beginData());
      await step('delivery failure', session.endData(envelope.message));
    } finally {
      await session.close();
    }
  }

  async #tlsRoute(): Promise<TlsRoute> {
    const { serverName, insecureSkipVerify } = this.#config.tls;
    try {
      return { context: await this.#tls.context(), serverName, verifies: !insecureSkipVerify };
    } catch (error) {
      throw new NotifyError(`parse TLS configuration: ${(error as Error).message}`, false);
    }
  }

  async #introduce(session: SmtpSession, step: Step): Promise<void> {
    const { hello, host, port, requiresTls, isImplicitTls } = this.#config;
    await step('create SMTP client', session.greeting());
    await step('send EHLO command', session.hello(hello));
    if (!requiresTls || isImplicitTls) return;
    if (session.extension('STARTTLS') === undefined) {
      const server = JSON.stringify(hostPort(host, port));
      const fault = `'require_tls' is true (default) but ${server} does not advertise the STARTTLS extension`;
      throw new NotifyError(fault, true);
    }
    await step('send STARTTLS command', session.startTls(await this.#tlsRoute(), hello));
  }

  /** By the first of the server's mechanisms that there are credentials for. */
  async #authenticate(session: SmtpSession, step: Step): Promise<void> {
    const { username, identity, password: written, secret: writtenSecret } = this.#config;
    const mechanisms = session.extension('AUTH');
    if (mechanisms === undefined || username === '') return;
    const faults: string[] = [];
    for (const mechanism of mechanisms.split(' ')) {
      const isCram = mechanism === 'CRAM-MD5';
      if (!isCram && mechanism !== 'PLAIN' && mechanism !== 'LOGIN') {
        faults.push(`unknown auth mechanism: ${mechanism}`);
        continue;
      }
      const credential = await readSecretNow(isCram ? writtenSecret : written, 'find auth mechanism: ');
      if (credential === '') {
        faults.push(`missing ${isCram ? 'secret' : 'password'} for ${mechanism} auth mechanism`);
        continue;
      }
      const authenticated = isCram
        ? session.authCramMd5(username, credential)
        : mechanism === 'PLAIN'
          ? session.authPlain(identity, username, credential)
          : session.authLogin(username, credential);
      return step(`${mechanism} auth`, authenticated);
    }
    throw new NotifyError(`find auth mechanism: ${faults.join('\n')}`, true);
  }

  #envelope(notification: Notification): Envelope {
    const expansion = expansionOf(this.#parts, notification);
    const from = expanding("execute 'from' template: ", () => expansion.text(this.#config.from));
    const to = expanding("execute 'to' template: ", () => expansion.text(this.#config.to));
    const senders = addressesOf('from', from);
    if (senders.length !== 1) {
      throw new NotifyError(`must be exactly one 'from' address (got: ${senders.length})`, false);
    }
    return {
      from: senders[0]!,
      to: addressesOf('to', to),
      message: mailMessage({
        headers: this.#headers(notification, expansion),
        text: expanding('execute text template: ', () => expansion.text(this.#config.text)),
        html: expanding('execute html template: ', () => expansion.html(this.#config.html)),
      }),
    };
  }

  #headers({ groupKey }: Notification, { text }: Expansion): [string, string][] {
    const { from, to, headers, threading } = this.#config;
    const nowMs = this.#parts.clock.now();
    const now = { kind: 'time', ms: nowMs, ns: 0, zone: 'UTC' } as const;
    const own = { From: from, To: to, Subject: SUBJECT, ...headers };
    const out = Object.entries(own).map(([name, template]): [string, string] => [
      name,
      expanding(`execute ${JSON.stringify(name)} header template: `, () => text(template)),
    ]);
    if (!Object.hasOwn(own, 'Message-Id')) {
      const unique = `${nowMs}${String(randomInt(1e6)).padStart(6, '0')}.${randomInt(2 ** 47)}`;
      out.push(['Message-Id', `<${unique}@${hostname()}>`]);
    }
    if (threading) {
      const day = threading === 'daily' ? formatTime('2006-01-02', now) : '';
      // No mail has this name: programs gather under it those that refer to it.
      const thread = `<alert-${hashOfKey(groupKey).slice(0, THREAD_DIGITS)}-${day}@alertmanager>`;
      out.push(['References', thread], ['In-Reply-To', thread]);
    }
    out.push(['Date', formatTime(RFC1123Z, now)]);
    return out;
  }
}

function addressesOf(which: 'from' | 'to', list: string): string[] {
  try {
    return parseAddresses(list);
  } catch (error) {
    throw new NotifyError(`parse '${which}' addresses: ${(error as Error).message}`, false);
  }
}

/** Runs the parts of a conversation, and says which of them failed. */
type Step = <T>(what: string, work: Promise<T>) => Promise<T>;

/** What the server refuses for good (5xx) is not tried again; all else may go well another time. */
function stepsUntil(signal: AbortSignal): Step {
  return async (what, work) => {
    try {
      return await work;
    } catch (error) {
      const isFinal = error instanceof SmtpRefusal && error.status >= 500;
      const cause: unknown = signal.aborted ? signal.reason : error;
      throw new NotifyError(`${what}: ${networkErrorText(cause)}`, !isFinal, 'other', cause);
    }
  };
}
