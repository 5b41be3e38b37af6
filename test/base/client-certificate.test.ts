/** Whom a client's certificate is for, and whether it is one that counts. */

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import type { PeerCertificate } from 'node:tls';
import { certificateSubjects, verifiedCertificate } from '../../src/base/client-certificate.ts';

const certificate = (subjectaltname?: string, CN?: string | string[]) =>
  ({ subject: { CN }, subjectaltname, raw: Buffer.of(0) }) as unknown as PeerCertificate;

const socket = (authorized: boolean, shown: Partial<PeerCertificate>) =>
  ({ encrypted: true, authorized, getPeerCertificate: () => shown }) as unknown as Socket;

test('names are the common name and the alternative ones', () => {
  const alternative = 'DNS:a.test, IP Address:192.0.2.1, URI:spiffe://x/y, email:a@b.test';
  const names = ['cn', 'a.test', '192.0.2.1', 'spiffe://x/y', 'a@b.test'];
  assert.deepEqual(certificateSubjects(certificate(alternative, 'cn')), names);
  assert.deepEqual(certificateSubjects(certificate(undefined, ['a', 'b'])), ['a', 'b']);
  assert.deepEqual(certificateSubjects(certificate()), []);
});

test('no name is smuggled in by a comma', () => {
  // As Node writes a name with one in it.
  const names = certificateSubjects(certificate('DNS:"evil.test, DNS:admin", DNS:b.test'));
  assert.deepEqual(names, ['evil.test, DNS:admin', 'b.test']);
});

test('a certificate counts where somebody verified it, and where there is one', () => {
  const shown = certificate('DNS:a.test');
  assert.equal(verifiedCertificate(socket(true, shown)), shown);
  assert.equal(verifiedCertificate(socket(false, shown)), undefined);
  // A session resumed without one.
  assert.equal(verifiedCertificate(socket(true, {})), undefined);
  assert.equal(verifiedCertificate({} as Socket), undefined);
});
