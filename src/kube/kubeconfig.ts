/**
 * kubectl's configuration file: its current context names a cluster and a user.
 */

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileError } from '../base/file-error.ts';
import type { HttpClientConfig, Secret, TlsConfig } from '../base/http-client.ts';
import { TriliteError } from '../model/errors.ts';
import { type ExecClusterInfo, type ExecPlugin, readExecPlugin } from './exec-plugin.ts';

type Fields = Readonly<Record<string, unknown>>;

const NOTHING: Fields = {};

export interface KubeconfigAccess {
  readonly apiServer: string;
  readonly client: HttpClientConfig;
  readonly exec?: ExecPlugin;
}

/** Paths in it are relative to its folder. Throws `bad_data`, which never shows what the file holds. */
export function readKubeconfig(file: string, parseYaml: (text: string) => unknown): KubeconfigAccess {
  const config = new Kubeconfig(file, fieldsOf(parse(file, parseYaml)));
  return config.read();
}

class Kubeconfig {
  readonly #file: string;
  readonly #root: Fields;

  constructor(file: string, root: Fields) {
    this.#file = file;
    this.#root = root;
  }

  read(): KubeconfigAccess {
    const current = this.#text(this.#root, 'current-context');
    if (current === '') this.#fail('current-context is not set');
    const context = this.#named('contexts', 'context', current);
    const cluster = this.#named('clusters', 'cluster', this.#text(context, 'cluster'));
    const userName = this.#text(context, 'user');
    const user = userName === '' ? NOTHING : this.#named('users', 'user', userName);
    const server = this.#text(cluster, 'server');
    if (server === '') this.#fail(`cluster ${JSON.stringify(this.#text(context, 'cluster'))} has no server`);
    const tls = this.#tls(cluster, user);
    const apiServer = /^https?:\/\//.test(server) ? server : `${tls ? 'https' : 'http'}://${server}`;
    if (!URL.canParse(apiServer)) this.#fail(`server ${JSON.stringify(server)} is not a URL`);
    const proxy = this.#text(cluster, 'proxy-url');
    if (proxy !== '' && !URL.canParse(proxy)) this.#fail('proxy-url is not a URL');
    const credentials = this.#credentials(user);
    // Credentials that stand in the file go before a program.
    const isAsked = hasField(user, 'exec') && Object.keys(credentials).length === 0;
    return {
      apiServer,
      ...(isAsked && { exec: this.#exec(user, cluster, apiServer) }),
      client: {
        ...credentials,
        ...(tls && { tls }),
        ...(proxy !== '' && { proxy: { url: proxy, noProxy: '', connectHeaders: {} } }),
        followRedirects: true,
        httpHeaders: this.#impersonation(user),
      },
    };
  }

  #credentials(user: Fields): Pick<HttpClientConfig, 'basicAuth' | 'authorization'> {
    if (hasField(user, 'auth-provider')) {
      this.#fail('auth-provider of a user is not supported: give it exec, a token or a client certificate');
    }
    const file = this.#path(user, 'tokenFile');
    const token = this.#text(user, 'token');
    const username = this.#text(user, 'username');
    if (username !== '' && (file !== undefined || token !== '')) {
      this.#fail('a user has a token and a password: one of them must go');
    }
    if (username !== '') {
      return {
        basicAuth: { username: { value: username }, password: { value: this.#text(user, 'password') } },
      };
    }
    // The file is the newer of the two where both are there.
    const credentials: Secret | undefined = file === undefined ? this.#value(token) : { file };
    return credentials ? { authorization: { type: 'Bearer', credentials } } : {};
  }

  #exec(user: Fields, cluster: Fields, server: string): ExecPlugin {
    return readExecPlugin(user.exec, {
      file: this.#file,
      cluster: () => this.#clusterInfo(cluster, server),
      resolve: (path) => resolve(dirname(this.#file), path),
      fail: (message) => this.#fail(message),
    });
  }

  /** As a program is told of it: an authority always inline. */
  #clusterInfo(cluster: Fields, server: string): ExecClusterInfo {
    const ca = this.#pem(cluster, 'certificate-authority');
    const pem = ca?.file === undefined ? ca?.value : this.#read(ca.file);
    const data = pem === undefined ? '' : Buffer.from(pem).toString('base64');
    const texts = {
      'certificate-authority-data': data,
      'tls-server-name': this.#text(cluster, 'tls-server-name'),
      'proxy-url': this.#text(cluster, 'proxy-url'),
    };
    return {
      server,
      ...Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== '')),
      ...(cluster['insecure-skip-tls-verify'] === true && { 'insecure-skip-tls-verify': true }),
    };
  }

  #read(file: string): string {
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      return this.#fail(fileError(error, file));
    }
  }

  #tls(cluster: Fields, user: Fields): TlsConfig | undefined {
    const ca = this.#pem(cluster, 'certificate-authority');
    const cert = this.#pem(user, 'client-certificate');
    const key = this.#pem(user, 'client-key');
    if ((cert === undefined) !== (key === undefined)) {
      this.#fail('a client certificate needs both client-certificate and client-key');
    }
    const insecureSkipVerify = cluster['insecure-skip-tls-verify'] === true;
    const serverName = this.#text(cluster, 'tls-server-name');
    if (!ca && !cert && !insecureSkipVerify && serverName === '') return undefined;
    return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }), serverName, insecureSkipVerify };
  }

  #impersonation(user: Fields): Record<string, readonly string[]> {
    const groups = user['as-groups'];
    const names = Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [];
    const one = (key: string): string[] => [this.#text(user, key)].filter((text) => text !== '');
    const headers: [string, string[]][] = [
      ['Impersonate-User', one('as')],
      ['Impersonate-Uid', one('as-uid')],
      ['Impersonate-Group', names],
    ];
    return Object.fromEntries(headers.filter(([, values]) => values.length > 0));
  }

  /** `KEY-data` is the text itself in Base64, and stands before the path in `KEY`. */
  #pem(fields: Fields, key: string): Secret | undefined {
    const data = this.#text(fields, `${key}-data`);
    if (data !== '') return { value: Buffer.from(data, 'base64').toString('utf8') };
    const file = this.#path(fields, key);
    return file === undefined ? undefined : { file };
  }

  #value(text: string): Secret | undefined {
    return text === '' ? undefined : { value: text };
  }

  #path(fields: Fields, key: string): string | undefined {
    const path = this.#text(fields, key);
    return path === '' ? undefined : resolve(dirname(this.#file), path);
  }

  #text(fields: Fields, key: string): string {
    const value = fields[key];
    if (value === undefined || value === null) return '';
    return typeof value === 'string' ? value : this.#fail(`${key}: expected text`);
  }

  /** Lists of a kubeconfig have entries of a name and one field that says the rest. */
  #named(list: string, field: string, name: string): Fields {
    const entries = this.#root[list];
    for (const entry of Array.isArray(entries) ? entries : []) {
      if (fieldsOf(entry).name === name) return fieldsOf(fieldsOf(entry)[field]);
    }
    return this.#fail(`${list} have no ${JSON.stringify(name)}`);
  }

  #fail(message: string): never {
    throw new TriliteError('bad_data', `kubeconfig ${this.#file}: ${message}`);
  }
}

function parse(file: string, parseYaml: (text: string) => unknown): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new TriliteError('bad_data', `kubeconfig: ${fileError(error, file)}`);
  }
  try {
    return parseYaml(text);
  } catch {
    // The parser's complaint shows the text around it.
    throw new TriliteError('bad_data', `kubeconfig ${file}: not YAML`);
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : NOTHING;
}

function hasField(fields: Fields, key: string): boolean {
  return fields[key] !== undefined && fields[key] !== null;
}
