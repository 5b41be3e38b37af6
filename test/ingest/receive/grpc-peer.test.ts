/** Who makes a gRPC call: by the certificate of its connection, which a real client of gRPC has shown. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  Client,
  type ClientUnaryCall,
  credentials,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
} from '@grpc/grpc-js';
import { Listeners } from '../../../src/api/listeners.ts';
import { ListenersTlsDoor } from '../../../src/api/tls-door.ts';
import { certificateSubjects } from '../../../src/base/client-certificate.ts';
import { SILENT } from '../../../src/base/log.ts';
import type { ClientAuthType } from '../../../src/base/server-tls.ts';
import { readServerMaterial } from '../../../src/base/server-tls-material.ts';
import { Telemetry } from '../../../src/base/telemetry.ts';
import { peerCertificateOf } from '../../../src/ingest/receive/grpc-stream.ts';
import { Authority, type Pair } from '../../support/certificates.ts';
import { tlsSettings } from '../../support/tls-settings.ts';

const same = (bytes: Buffer) => bytes;
const PATH = '/test.Who/AmI';

let authority: Authority;
let stranger: Authority;
let pairs: { readonly server: Pair; readonly client: Pair; readonly other: Pair };
let door: ListenersTlsDoor;
let listeners: Listeners;
let target: string;
let plain: string;

async function rule(clientAuth: ClientAuthType) {
  const settings = tlsSettings(pairs.server, { clientAuth, clientCa: { file: authority.pair.certFile } });
  return { settings, context: (await readServerMaterial(settings)).options };
}

before(async () => {
  authority = new Authority('ours');
  stranger = new Authority('theirs');
  pairs = {
    server: authority.issue('server', { names: 'IP:127.0.0.1' }),
    client: authority.issue('client', { commonName: 'shop', names: 'DNS:shop.example' }),
    other: stranger.issue('client', { commonName: 'shop' }),
  };
  const server = new Server();
  const answer = (call: ServerUnaryCall<Buffer, Buffer>, done: (error: null, bytes: Buffer) => void) => {
    const certificate = peerCertificateOf(call);
    done(null, Buffer.from(certificate ? certificateSubjects(certificate).join() : 'nobody'));
  };
  const method = {
    path: PATH,
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  } as const;
  server.addService({ answer: method }, { answer });
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const options = { telemetry: new Telemetry(), log: SILENT, now: Date.now };
  door = new ListenersTlsDoor(await rule('RequestClientCert'), options);
  const parts = { handler: () => {}, grpc: async () => injector, log: SILENT };
  listeners = new Listeners({ ...parts, tls: ({ host }) => (host === '127.0.0.1' ? door : undefined) });
  target = `127.0.0.1:${(await listeners.http({ host: '127.0.0.1', port: 0 })).port}`;
  plain = `localhost:${(await listeners.grpc({ host: 'localhost', port: 0 })).port}`;
});
after(() => {
  listeners.stopAccepting();
  listeners.destroy();
  authority.remove();
  stranger.remove();
});

function whoAmI(address: string, pair: Pair | undefined, isPlain = false): Promise<string> {
  const key = pair ? Buffer.from(pair.key) : null;
  const cert = pair ? Buffer.from(pair.cert) : null;
  const secure = credentials.createSsl(Buffer.from(authority.pair.cert), key, cert);
  const client = new Client(address, isPlain ? credentials.createInsecure() : secure);
  return new Promise<string>((resolve, reject) => {
    const call: ClientUnaryCall = client.makeUnaryRequest(
      PATH,
      same,
      same,
      Buffer.alloc(0),
      (error, bytes) => (error ? reject(error) : resolve(String(bytes))),
    );
    assert.ok(call);
  }).finally(() => client.close());
}

describe('the caller', () => {
  test('is known by a certificate that the configured authorities vouch for, and by no other', async () => {
    assert.equal(await whoAmI(target, pairs.client), 'shop,shop.example');
    assert.equal(await whoAmI(target, pairs.other), 'nobody');
    assert.equal(await whoAmI(target, undefined), 'nobody');
    assert.equal(await whoAmI(plain, undefined, true), 'nobody');
  });

  test('does not get as far where certificates are needed', async () => {
    door.use(await rule('RequireAndVerifyClientCert'));
    assert.equal(await whoAmI(target, pairs.client), 'shop,shop.example');
    await assert.rejects(whoAmI(target, pairs.other), /UNAVAILABLE/);
    await assert.rejects(whoAmI(target, undefined), /UNAVAILABLE/);
  });
});
