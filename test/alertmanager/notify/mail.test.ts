/** Mail through a real SMTP server: TLS in both ways, who we are, and what a refusal means. */

import assert from 'node:assert/strict';
import { type AddressInfo, createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { SMTPServerOptions } from 'smtp-server';
import type { NotifyError } from '../../../src/alertmanager/notify/integration.ts';
import {
  encodeHeader,
  parseAddresses,
  quotedPrintable,
} from '../../../src/alertmanager/notify/mail-message.ts';
import { Authority } from '../../support/certificates.ts';
import { mailParts, type RecordedMail, splitMail, startMailRecorder } from '../../support/mail-recorder.ts';
import { integrationsOf, notificationOf, type ToldAlert } from '../receivers.ts';

const ALERT: ToldAlert = {
  labels: { alertname: 'A', instance: 'x' },
  annotations: { summary: '<b>' },
  startsAt: '2025-08-01T10:00:00Z',
  generatorURL: 'http://prom/graph',
};
const never = new AbortController().signal;

let authority: Authority;
let tls: { readonly cert: string; readonly key: string };

before(() => {
  authority = new Authority();
  tls = authority.issue('mail', { names: 'IP:127.0.0.1,DNS:mail.example' });
});
after(() => authority.remove());

async function deliver(
  options: SMTPServerOptions,
  entry: object,
  signal = never,
): Promise<readonly RecordedMail[]> {
  const server = await startMailRecorder({ ...tls, ...options });
  const config = {
    to: 'ops@example.com',
    from: 'alerts@example.com',
    smarthost: `127.0.0.1:${server.port}`,
    tls_config: { ca_file: authority.pair.certFile },
    ...entry,
  };
  const { integrations } = await integrationsOf(
    JSON.stringify({ receivers: [{ name: 'team', email_configs: [config] }] }),
  );
  try {
    await integrations[0]!.notify(notificationOf([ALERT]), signal);
    return server.mails;
  } finally {
    await server.stop();
  }
}

const PLAIN: SMTPServerOptions = { disabledCommands: ['STARTTLS'], allowInsecureAuth: true };

describe('a mail', () => {
  it('goes over STARTTLS, and says hello again within it', async () => {
    const [mail] = await deliver({}, { hello: 'am.example' });
    assert.equal(mail!.isSecure, true);
    assert.equal(mail!.hello, 'am.example');
    assert.deepEqual([mail!.from, mail!.to], ['alerts@example.com', ['ops@example.com']]);
  });

  it('goes over TLS from the beginning', async () => {
    const [mail] = await deliver({ secure: true }, { force_implicit_tls: true });
    assert.equal(mail!.isSecure, true);
  });

  it('has a page and a plain text, both of the alerts', async () => {
    const [mail] = await deliver(PLAIN, { require_tls: false });
    const parts = mailParts(mail!.text);
    assert.deepEqual([...parts.keys()], ['text/plain', 'text/html']);
    assert.match(parts.get('text/plain')!, /^\[FIRING:1\] {2}\(A x\)\r\n[\s\S]* - summary = <b>\r\n/);
    assert.match(parts.get('text/html')!, /&lt;b&gt;/);
    assert.doesNotMatch(parts.get('text/html')!, /<b>|ZgotmplZ/);
    assert.equal(splitMail(mail!.text).headers.get('Subject'), '[FIRING:1]  (A x)');
  });

  it('of a group belongs to its thread', async () => {
    const [mail] = await deliver(PLAIN, {
      require_tls: false,
      threading: { enabled: true, thread_by_date: 'none' },
    });
    const { headers } = splitMail(mail!.text);
    assert.match(headers.get('References')!, /^<alert-[0-9a-f]{16}-@alertmanager>$/);
    assert.equal(headers.get('In-Reply-To'), headers.get('References'));
  });
});

describe('who we are', () => {
  const credentials = { auth_username: 'me', auth_password: 'secret', auth_secret: 'secret' };
  for (const [methods, used] of [
    [['PLAIN', 'LOGIN'], 'PLAIN me'],
    [['LOGIN'], 'LOGIN me'],
    [['CRAM-MD5', 'PLAIN'], 'CRAM-MD5 me'],
  ] as const) {
    it(`is told by the first of ${methods.join(', ')}`, async () => {
      const [mail] = await deliver({ authMethods: [...methods] }, credentials);
      assert.equal(mail!.auth, used);
    });
  }

  it('is told by one that there is a password for', async () => {
    const [mail] = await deliver(
      { authMethods: ['CRAM-MD5', 'LOGIN'] },
      { auth_username: 'me', auth_password: 'secret' },
    );
    assert.equal(mail!.auth, 'LOGIN me');
  });
});

describe('a mail that is not delivered', () => {
  const refusal =
    (responseCode: number, text: string) =>
    (...args: unknown[]): void => {
      (args.at(-1) as (error: Error) => void)(Object.assign(new Error(text), { responseCode }));
    };
  const table: [
    name: string,
    options: SMTPServerOptions,
    entry: object,
    message: RegExp,
    mayRetry: boolean,
  ][] = [
    [
      'without TLS',
      PLAIN,
      {},
      /^'require_tls' is true \(default\) but "127\.0\.0\.1:\d+" does not advertise/,
      true,
    ],
    ['with a stranger', {}, { tls_config: {} }, /^send STARTTLS command: (tls|x509): .*certificate/, true],
    [
      'to another name',
      {},
      { tls_config: { ca_file: 'CA', server_name: 'other.example' } },
      /^send STARTTLS command: .*other\.example/,
      true,
    ],
    ['by a wrong password', {}, { auth_username: 'me', auth_password: 'no' }, /^LOGIN auth: 535 /, false],
    [
      'without a password',
      {},
      { auth_username: 'me' },
      /^find auth mechanism: missing password for LOGIN/,
      true,
    ],
    [
      'to nobody there',
      { onRcptTo: refusal(550, 'no such user') },
      {},
      /^send RCPT command: 550 no such user/,
      false,
    ],
    [
      'to somebody later',
      { onRcptTo: refusal(451, 'try later') },
      {},
      /^send RCPT command: 451 try later/,
      true,
    ],
    [
      'from a stranger',
      { onMailFrom: refusal(553, 'not you') },
      {},
      /^send MAIL command: 553 not you/,
      false,
    ],
    ['to a full box', { onData: refuseData }, {}, /^delivery failure: 452 full/, true],
    ['to no address', {}, { to: 'nobody' }, /^parse 'to' addresses: mail: missing '@'/, false],
    ['from two', {}, { from: 'a@b, c@d' }, /^must be exactly one 'from' address \(got: 2\)/, false],
  ];
  function refuseData(stream: NodeJS.ReadableStream, _: unknown, callback: (error: Error) => void): void {
    stream.resume();
    stream.on('end', () => callback(Object.assign(new Error('full'), { responseCode: 452 })));
  }
  for (const [name, options, entry, message, mayRetry] of table) {
    it(name, async () => {
      const text = JSON.stringify(entry).replace('"CA"', JSON.stringify(authority.pair.certFile));
      await assert.rejects(deliver(options, JSON.parse(text)), (error: NotifyError) => {
        assert.match(error.message, message);
        assert.equal(error.mayRetry, mayRetry);
        return true;
      });
    });
  }

  it('to a part of its recipients goes to none of them', async () => {
    const onRcptTo: SMTPServerOptions['onRcptTo'] = ({ address }, _, callback) =>
      address.startsWith('no') ? refusal(550, 'gone')(callback) : callback();
    const mails: unknown[] = [];
    await assert.rejects(
      deliver({ onRcptTo, onData: (stream) => mails.push(stream) }, { to: 'a@example.com, no@example.com' }),
      { message: 'send RCPT command: 550 gone' },
    );
    assert.equal(mails.length, 0);
  });

  it('because nobody answers is given up with the dispatcher', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const stop = new AbortController();
    silent.on('connection', () => stop.abort(new Error('context deadline exceeded')));
    const { port } = silent.address() as AddressInfo;
    await assert.rejects(deliver({}, { smarthost: `127.0.0.1:${port}` }, stop.signal), {
      message: /^(?:establish connection to server|create SMTP client): context deadline exceeded$/,
      mayRetry: true,
    });
    silent.close();
  });

  it('does not trust what came before TLS', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.write('220 hi\r\n');
      socket.on('data', (data) => {
        if (/^EHLO/.test(String(data))) socket.write('250-x\r\n250 STARTTLS\r\n');
        if (/^STARTTLS/.test(String(data))) socket.write('220 go\r\n250 AUTH PLAIN\r\n');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await assert.rejects(deliver({}, { smarthost: `127.0.0.1:${port}` }), {
      message: 'send STARTTLS command: the server sent more than its answer before TLS',
    });
    server.close();
  });
});

describe("a mail's text", () => {
  it('comes back from quoted-printable, in lines of at most 76 characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        const encoded = quotedPrintable(text);
        assert.match(encoded, /^[\t\r\n -~]*$/);
        for (const line of encoded.split('\r\n')) {
          assert.ok(line.length <= 76, line);
          assert.doesNotMatch(line, /[ \t]$/);
        }
        const bytes = encoded
          .replaceAll('=\r\n', '')
          .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
        assert.equal(Buffer.from(bytes, 'latin1').toString(), text.replace(/\r\n|\r|\n/g, '\r\n'));
      }),
    );
  });

  it('has headers that cannot bring others in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        const encoded = encodeHeader(`${text}\r\nBcc: x`);
        for (const line of encoded.split('\r\n')) assert.match(line, /^ ?=\?utf-8\?q\?[!->@-~]{0,63}\?=$/);
      }),
    );
  });

  it('has addresses in several forms', () => {
    const list = 'a@b.c, Ops <ops@example.com>,"X, Y" <xy@[127.0.0.1]> , d@e (comment)';
    assert.deepEqual(parseAddresses(list), ['a@b.c', 'ops@example.com', 'xy@[127.0.0.1]', 'd@e']);
    for (const bad of ['', 'a', 'a@b,', 'a@b>\r\nRCPT TO:<x@y', '<a@b\n>', 'a b@c']) {
      assert.throws(() => parseAddresses(bad), bad);
    }
  });
});
