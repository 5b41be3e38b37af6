/** Settings of access in a server: what cannot be guarded, and taking in other ones. */

import type { Gate } from './access/gate.ts';
import { ConfigError } from './config/config-error.ts';
import { jaegerPorts } from './config/jaeger-ports.ts';
import type { Config } from './config/settings.ts';
import type { Reloadable } from './reloadable.ts';

/** Datagrams carry no credentials. Throws `Failure` where there is a port for them that nobody may use. */
export function checkUnguardedPorts(
  { auth, jaeger, jaegerHttp }: Config,
  Failure: new (message: string) => Error,
): void {
  if (auth === undefined || auth.anonymous.includes('ingest')) return;
  if (jaegerPorts(jaeger, jaegerHttp).udp.length === 0) return;
  throw new Failure(
    'jaeger_udp: datagrams carry no credentials, and auth lets nobody in without: ' +
      'switch the ports off (jaeger_udp: off), or have "ingest" in auth.anonymous',
  );
}

export function gateReload(gate: Gate): Reloadable {
  return {
    prepare: async (config) => {
      checkUnguardedPorts(config, ConfigError);
      // Of a setting that waits for the next start: until then credentials for some tenants would be for all.
      if (!config.multiTenancy && config.auth?.tenantsPosition !== undefined) {
        throw new ConfigError(
          `${config.auth.tenantsPosition}: tenants are told apart from the next start on`,
        );
      }
      return gate.prepare(config.auth);
    },
  };
}
