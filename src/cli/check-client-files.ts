/**
 * Files that the HTTP clients of a configuration name: certificates, keys, credentials. The server reads them with each request
 * and would go on without them. As for promtool a job that lacks its bearer token or its client certificate is a fault;
 * any other file that is not there, of whomever, is a warning.
 */

import { statSync } from 'node:fs';
import { fileError } from '../base/file-error.ts';
import type { HttpClientConfig, OAuth2Config, Secret, TlsConfig } from '../base/http-client.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Config } from '../config/settings.ts';
import type { DiscoveryConfig, KubernetesDiscoveryConfig } from '../scrape/discovery/discovery-config.ts';
import type { Output } from './output.ts';

interface NamedClient {
  readonly client: HttpClientConfig;
  /** Whose it is, for a warning. */
  readonly owner: string;
}

/** What a file is, and its path where there is one. */
type NamedFile = readonly [what: string, secret: Secret | undefined];

/** Throws `ConfigError`. */
export function checkClientFiles(config: Config, output: Output): void {
  for (const { client, kubernetesDiscovery } of config.scrapeConfigs) {
    const certificates = kubernetesClients(kubernetesDiscovery).flatMap(certificateFiles);
    for (const [what, secret] of [...neededFiles(client), ...certificates]) {
      const fault = faultOf(secret);
      if (fault !== undefined) {
        throw new ConfigError(`error checking ${what} ${JSON.stringify(secret!.file)}: ${fault}`);
      }
    }
  }
  for (const { client, owner } of clientsOf(config)) {
    for (const [what, secret] of [...neededFiles(client), ...otherFiles(client)]) {
      const fault = faultOf(secret);
      if (fault !== undefined) output.out(`  WARNING: ${what} of ${owner} cannot be read: ${fault}`);
    }
  }
}

function neededFiles({ authorization, tls }: HttpClientConfig): NamedFile[] {
  return [
    ['authorization credentials or bearer token file', authorization?.credentials],
    ...certificateFiles({ tls }),
  ];
}

function certificateFiles({ tls }: { readonly tls?: TlsConfig | undefined }): NamedFile[] {
  return [
    ['client cert file', tls?.cert],
    ['client key file', tls?.key],
  ];
}

function kubernetesClients(all: readonly KubernetesDiscoveryConfig[]): HttpClientConfig[] {
  return all.flatMap(({ access }) => (access.way === 'api-server' ? [access.client] : []));
}

function otherFiles({ basicAuth, oauth2, tls, secretHeaders = {} }: HttpClientConfig): NamedFile[] {
  return [
    ['basic auth username file', basicAuth?.username],
    ['basic auth password file', basicAuth?.password],
    ['CA cert file', tls?.ca],
    ...(oauth2 ? oauth2Files(oauth2) : []),
    ...Object.entries(secretHeaders).flatMap(([name, secrets]) =>
      secrets.map((secret): NamedFile => [`file of the header ${name}`, secret]),
    ),
  ];
}

function oauth2Files({ clientSecret, jwt, tls }: OAuth2Config): NamedFile[] {
  const ofToken = (key: keyof TlsConfig & ('ca' | 'cert' | 'key')): NamedFile => [
    `oauth2 ${key} file`,
    tls?.[key],
  ];
  return [
    ['oauth2 client secret file', clientSecret],
    ['oauth2 client certificate key file', jwt?.key],
    ...[ofToken('ca'), ofToken('cert'), ofToken('key')],
  ];
}

function clientsOf({ scrapeConfigs, alerting, remoteWrites, remoteReads }: Config): NamedClient[] {
  return [
    ...scrapeConfigs.flatMap((job) => withDiscovery(job, `scrape job ${JSON.stringify(job.jobName)}`)),
    ...alerting.alertmanagers.flatMap((set) => withDiscovery(set, 'alertmanager config')),
    ...ofRemotes('remote_write', remoteWrites),
    ...ofRemotes('remote_read', remoteReads),
  ];
}

function ofRemotes(
  section: string,
  remotes: readonly { readonly client: HttpClientConfig; readonly name: string }[],
): NamedClient[] {
  return remotes.map(({ client, name }, i) => ({
    client,
    owner: `${section} ${name === '' ? i + 1 : JSON.stringify(name)}`,
  }));
}

function withDiscovery(
  one: DiscoveryConfig & { readonly client: HttpClientConfig },
  owner: string,
): NamedClient[] {
  const ofMechanism = (mechanism: string, all: readonly { readonly client: HttpClientConfig }[]) =>
    all.map(({ client }) => ({ client, owner: `${mechanism} in ${owner}` }));
  return [
    { client: one.client, owner },
    ...ofMechanism('http_sd', one.httpDiscovery),
    ...ofMechanism('docker_sd', one.dockerDiscovery),
    ...ofMechanism('dockerswarm_sd', one.swarmDiscovery),
    ...ofMechanism(
      'kubernetes_sd',
      kubernetesClients(one.kubernetesDiscovery).map((client) => ({ client })),
    ),
  ];
}

/** Undefined where the file is there, or none is named. */
function faultOf(secret: Secret | undefined): string | undefined {
  const file = secret?.file;
  if (file === undefined || file === '') return undefined;
  try {
    statSync(file);
    return undefined;
  } catch (error) {
    return fileError(error, file);
  }
}
