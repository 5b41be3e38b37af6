/**
 * Requests to an API server. What it refuses is told with what it said and, where rights are missing, which they are: that is
 * what has to be put right, and by somebody else as a rule.
 */

import type { IncomingMessage } from 'node:http';
import { HttpClient, networkError } from '../base/http-request.ts';
import { readBody } from '../base/read-body.ts';
import { shownUrl } from '../base/url-credentials.ts';
import { type ErrorKind, TriliteError } from '../model/errors.ts';
import type { KubeCluster } from './cluster.ts';
import { type ExecCredential, ExecCredentials, type ExecEnvironment } from './exec-credentials.ts';

/** Of one object; the store behind an API server takes none above 1.5 MiB. */
const OBJECT_MAX_BYTES = 8 * 1024 * 1024;
/** Of what an error says. */
const STATUS_MAX_BYTES = 64 * 1024;
const MESSAGE_MAX_CHARS = 500;
const GET_TIMEOUT_MS = 30_000;

const KINDS: Readonly<Record<number, ErrorKind>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
};

/** The server answered, and not with what was asked for. */
export class KubeStatusError extends TriliteError {
  override name = 'KubeStatusError';
  /** Of HTTP. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(KINDS[status] ?? 'execution', message);
    this.status = status;
  }
}

export type Query = Readonly<Record<string, string>>;

export class KubeClient {
  readonly #cluster: KubeCluster;
  readonly #userAgent: string;
  readonly #exec: ExecCredentials | undefined;
  #client: HttpClient;
  /** Of a program, that the client was made with. */
  #certificate: ExecCredential['certificate'];

  /** `userAgent` stands in the server's audit log; `environment` is that of programs that give credentials. */
  constructor(cluster: KubeCluster, userAgent: string, environment: ExecEnvironment = {}) {
    this.#cluster = cluster;
    this.#client = new HttpClient(cluster.client);
    this.#userAgent = userAgent;
    this.#exec = cluster.exec && new ExecCredentials(cluster.exec, environment);
  }

  /**
   * The answer to a GET, whose body has not been read; empty parameters are left out. Rejects with `KubeStatusError`, or `execution` where there is
   * no answer.
   */
  async open(path: string, query: Query, signal: AbortSignal): Promise<IncomingMessage> {
    const { apiServer } = this.#cluster;
    const url = new URL(apiServer + path);
    for (const [name, value] of Object.entries(query)) if (value !== '') url.searchParams.set(name, value);
    const given = await this.#exec?.current();
    if (given) this.#useCertificate(given);
    const headers = {
      Accept: 'application/json',
      'User-Agent': this.#userAgent,
      ...(given?.token && { Authorization: `Bearer ${given.token}` }),
    };
    let response: IncomingMessage;
    try {
      response = await this.#client.send({ method: 'GET', url: url.href, headers, signal });
    } catch (error) {
      if (signal.aborted) throw error;
      const text = `GET ${path}: ${shownUrl(apiServer)}: ${networkError(error)}`;
      throw new TriliteError('execution', text);
    }
    const status = response.statusCode!;
    if (status === 200) return response;
    if (status === 401 && given) this.#exec?.forget(given);
    const said = await statusMessage(response);
    throw new KubeStatusError(
      status,
      `GET ${path}: ${shownUrl(apiServer)} answered ${status}: ${said}${advice(status, path)}`,
    );
  }

  /** Connections are made with the certificate: another one is for others. */
  #useCertificate({ certificate }: ExecCredential): void {
    if (!certificate || JSON.stringify(certificate) === JSON.stringify(this.#certificate)) return;
    const { client } = this.#cluster;
    const { tls = { serverName: '', insecureSkipVerify: false } } = client;
    const pair = { cert: { value: certificate.cert }, key: { value: certificate.key } };
    this.#client.retire();
    this.#client = new HttpClient({ ...client, tls: { ...tls, ...pair } });
    this.#certificate = certificate;
  }

  /** One object, or whatever stands at a path. Rejects as `open`; kind `not_found` where there is none. */
  async get<T>(path: string, signal?: AbortSignal): Promise<T> {
    const timeout = AbortSignal.timeout(GET_TIMEOUT_MS);
    const response = await this.open(path, {}, signal ? AbortSignal.any([timeout, signal]) : timeout);
    const body = await readBody(response, OBJECT_MAX_BYTES);
    return JSON.parse(body.toString('utf8')) as T;
  }

  close(): void {
    this.#client.close();
  }
}

/** Servers answer with a `Status` object; what stands between may answer with anything. */
async function statusMessage(response: IncomingMessage): Promise<string> {
  let text: string;
  try {
    text = (await readBody(response, STATUS_MAX_BYTES)).toString('utf8').trim();
  } catch {
    response.destroy();
    return response.statusMessage ?? '';
  }
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown };
    if (typeof message === 'string') return message.slice(0, MESSAGE_MAX_CHARS);
  } catch {
    // It is no JSON: shown as it is.
  }
  return text.slice(0, MESSAGE_MAX_CHARS);
}

function advice(status: number, path: string): string {
  const { group, plural, namespace } = partsOf(path);
  if (status === 401) return ' (the token, or the other credentials, are not accepted)';
  if (status === 403) {
    const role = namespace === '' ? 'a ClusterRole' : `a Role in namespace ${namespace}`;
    return ` (needed: ${role} that allows get, list and watch of "${plural}" in apiGroup "${group}")`;
  }
  if (status === 404 && group !== '') return ` (is "${plural}.${group}" a kind that the cluster knows?)`;
  return '';
}

/** Of `/apis/GROUP/VERSION/namespaces/NAMESPACE/PLURAL/NAME`, or `/api/v1/…`. */
function partsOf(path: string): { group: string; plural: string; namespace: string } {
  const parts = path.split('/').slice(1).map(decodeURIComponent);
  const group = parts[0] === 'apis' ? (parts[1] ?? '') : '';
  const rest = parts.slice(parts[0] === 'apis' ? 3 : 2);
  const isWithin = rest[0] === 'namespaces' && rest.length > 2;
  return { group, plural: rest[isWithin ? 2 : 0] ?? '', namespace: isWithin ? rest[1]! : '' };
}
