/** TLS settings of a server under test. */

import type { ServerTlsSettings } from '../../src/base/server-tls.ts';
import type { Pair } from './certificates.ts';

export function tlsSettings(pair: Pair, more: Partial<ServerTlsSettings> = {}): ServerTlsSettings {
  return {
    cert: { file: pair.certFile },
    key: { file: pair.keyFile },
    clientCa: undefined,
    clientAuth: 'NoClientCert',
    clientAllowedSans: undefined,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: undefined,
    curves: undefined,
    prefersServerCiphers: true,
    http2: true,
    plain: [],
    ...more,
  };
}
