/** OpenTelemetry's exporters and curl over TLS, and over TLS with certificates of their own. */

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { findProgram, runProgram, skipUnless } from '../../support/program.ts';
import { checkStory, tellStory } from '../otlp/run-story.ts';
import { type MutualTls, serverWithTls } from './server-with-tls.ts';

const APPLICATION = {
  language: 'nodejs',
  file: process.execPath,
  args: [path.join(import.meta.dirname, '../otlp/app.ts')],
};
const CURL = findProgram('curl');

for (const isMutual of [false, true]) {
  describe(isMutual ? 'with certificates of their own' : 'over TLS', { timeout: 110_000 }, () => {
    let own: MutualTls;
    before(async () => {
      own = await serverWithTls(isMutual);
    });
    after(() => own?.dispose());

    for (const [protocol, port] of [
      ['grpc', 'gRPC'],
      ['grpc', 'HTTP'],
      ['http/protobuf', 'HTTP'],
    ] as const) {
      test(`OpenTelemetry's Node SDK, ${protocol} to the port of ${port}`, async () => {
        const instance = `${protocol}-${port}`.replace('/', '-');
        const endpoint = port === 'gRPC' ? `https://${own.server.grpc}` : own.secure;
        const report = await tellStory(APPLICATION, instance, protocol, {
          OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
          OTEL_EXPORTER_OTLP_CERTIFICATE: own.authority.pair.certFile,
          ...(isMutual && {
            OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: own.client.certFile,
            OTEL_EXPORTER_OTLP_CLIENT_KEY: own.client.keyFile,
          }),
        });
        const { plain: base } = own;
        await checkStory({ base, instance, language: 'nodejs', tracesOnly: false, isNative: false, report });
      });
    }

    test('curl', { skip: skipUnless(CURL !== undefined, 'curl is not installed') }, async () => {
      const ca = ['-sS', '--cacert', own.authority.pair.certFile];
      const mine = ['--cert', own.client.certFile, '--key', own.client.keyFile];
      const url = `${own.secure}/-/ready`;
      for (const version of ['--tlsv1.3', '--tls-max 1.2', '--http2', '--http1.1']) {
        const text = await runProgram(CURL!, [
          ...ca,
          ...mine,
          ...version.split(' '),
          '-w',
          '%{http_version}',
          url,
        ]);
        assert.equal(text, 'Prometheus Server is Ready.\n1.1', version);
      }
      const without = runProgram(CURL!, [...ca, url]);
      if (isMutual) await assert.rejects(without, /ended with (56|35)/);
      else assert.match(await without, /Ready/);
      await assert.rejects(
        runProgram(CURL!, ['-sS', ...mine, url]),
        /ended with 60/,
        'no authority is trusted',
      );
    });
  });
}
