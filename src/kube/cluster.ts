/**
 * How a cluster's API server is reached. A configuration says it in one of three ways (`ClusterAccess`); `openCluster` makes
 * plain settings of an HTTP client of it when the cluster is first asked, since files it needs may come later than this process.
 */

import { existsSync, readFileSync } from 'node:fs';
import { fileError } from '../base/file-error.ts';
import type { HttpClientConfig } from '../base/http-client.ts';
import { TriliteError } from '../model/errors.ts';
import type { ExecPlugin } from './exec-plugin.ts';
import { readKubeconfig } from './kubeconfig.ts';

export type ClusterAccess =
  /** That of the pod this runs in, asked with its service account. */
  | {
      readonly way: 'in-cluster';
      /** `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`; '' where this is no pod. */
      readonly host: string;
      readonly port: string;
      /** Where the account's token, authority and namespace stand. */
      readonly folder: string;
    }
  | { readonly way: 'api-server'; readonly apiServer: string; readonly client: HttpClientConfig }
  /** kubectl's file: its current context. */
  | { readonly way: 'kubeconfig'; readonly file: string };

export interface KubeCluster {
  /** A URL, without a slash at its end. */
  readonly apiServer: string;
  /** Tokens that stand in files are read at each request: a service account's is renewed every hour. */
  readonly client: HttpClientConfig;
  /** Where credentials come from a program. */
  readonly exec?: ExecPlugin;
}

export type ParseYaml = (text: string) => unknown;

export const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Throws `bad_data` where files or variables that it needs are not there or do not say it. */
export function openCluster(access: ClusterAccess, parseYaml: ParseYaml): KubeCluster {
  switch (access.way) {
    case 'in-cluster':
      return ownCluster(access);
    case 'api-server':
      return { apiServer: withoutSlash(access.apiServer), client: access.client };
    case 'kubeconfig': {
      const { apiServer, ...rest } = readKubeconfig(access.file, parseYaml);
      return { apiServer: withoutSlash(apiServer), ...rest };
    }
  }
}

/** The namespace of the pod this runs in. Throws `bad_data` where that is not known. */
export function ownNamespace(folder: string): string {
  const path = `${folder}/namespace`;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw bad(`could not determine the pod's namespace: ${fileError(error, path)}`);
  }
  if (text.trim() === '') throw bad('could not read own namespace name (empty file)');
  return text.trim();
}

function ownCluster({ host, port, folder }: Extract<ClusterAccess, { way: 'in-cluster' }>): KubeCluster {
  if (host === '' || port === '') {
    throw bad(
      'unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined',
    );
  }
  const token = `${folder}/token`;
  try {
    readFileSync(token);
  } catch (error) {
    throw bad(`the pod's service account cannot be used: ${fileError(error, token)}`);
  }
  const ca = `${folder}/ca.crt`;
  return {
    apiServer: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    client: {
      authorization: { type: 'Bearer', credentials: { file: token } },
      // Without it the system's authorities decide, as for any client.
      ...(existsSync(ca) && { tls: { ca: { file: ca }, serverName: '', insecureSkipVerify: false } }),
      followRedirects: true,
      httpHeaders: {},
    },
  };
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

function bad(message: string): TriliteError {
  return new TriliteError('bad_data', message);
}
