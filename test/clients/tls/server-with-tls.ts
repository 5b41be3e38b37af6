/** An authority with what a server and a client of it need, and a configuration that asks clients for certificates. */

import { Authority, type Pair } from '../../support/certificates.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';

export interface MutualTls extends TemporaryServer {
  readonly authority: Authority;
  readonly client: Pair;
  /** `https://127.0.0.1:port`: shows nothing to those without a certificate. */
  readonly secure: string;
  /** `http://localhost:port`, to read back from. */
  readonly plain: string;
}

/** A server with TLS on every port but one; with `mutual` it lets nobody in there without a certificate. */
export async function serverWithTls(mutual: boolean, args: readonly string[] = []): Promise<MutualTls> {
  const authority = new Authority();
  const server = authority.issue('server', { names: 'IP:127.0.0.1,DNS:localhost' });
  const client = authority.issue('client', { commonName: 'client', names: 'DNS:client' });
  const rule = {
    client_ca_file: authority.pair.certFile,
    client_auth_type: 'RequireAndVerifyClientCert',
  };
  const tls = {
    cert_file: server.certFile,
    key_file: server.keyFile,
    plain: ['localhost:0'],
    ...(mutual && rule),
  };
  const config = JSON.stringify({ scrape_configs: [], trilite: { tls } });
  const temporary = await temporaryServer(config, ['--http', 'localhost:0', ...args]);
  const secure = / (https:\/\/\S+)/.exec(temporary.server.readyLine)![1]!;
  const dispose = async () => {
    await temporary.dispose();
    authority.remove();
  };
  return { ...temporary, authority, client, secure, plain: temporary.server.base, dispose };
}
