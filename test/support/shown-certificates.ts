/** What clients show of themselves in tests of TLS, and whom each rule lets in: Trilite and Prometheus are held to the same table. */

import type { ClientAuthType } from '../../src/base/server-tls.ts';

export const SHOWN = ['none', 'of another authority', 'expired', 'right'] as const;
export type Shown = (typeof SHOWN)[number];

export const LET_IN: Readonly<Record<ClientAuthType, readonly Shown[]>> = {
  NoClientCert: SHOWN,
  RequestClientCert: SHOWN,
  RequireAnyClientCert: ['of another authority', 'expired', 'right'],
  VerifyClientCertIfGiven: ['none', 'right'],
  RequireAndVerifyClientCert: ['right'],
};
