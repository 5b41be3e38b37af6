/**
 * Tokens of the OAuth 2.0 client credentials grant (RFC 6749, section 4.4; RFC 7523 for a signed assertion in the secret's
 * place). A token is used until shortly before its end and then asked for anew, once for all who wait for it. A token that
 * a target does not take is kept all the same: only its time ends it, as in the original.
 */

import type { IncomingMessage } from 'node:http';
import { type OAuth2Config, type Secret, secretText } from './http-client.ts';
import { signedAssertion } from './oauth2-assertion.ts';
import { readBody } from './read-body.ts';

/** A token counts as over this long before it is: clocks differ. */
const EARLY_MS = 10_000;
/** A token request has no deadline of its caller's: others wait for it too. */
const REQUEST_TIMEOUT_MS = 30_000;
/** A token is a few KiB. */
const ANSWER_BYTES_MAX = 1024 * 1024;
const MASK = '<secret>';

interface Form {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly signal: AbortSignal;
}

/** Rejects in the words that are shown. */
export type PostForm = (form: Form) => Promise<IncomingMessage>;

interface Token {
  readonly header: string;
  /** `Number.POSITIVE_INFINITY` where it has no end. */
  readonly endMs: number;
  /** That it was got with: another one asks for another token. */
  readonly secret: string;
}

/** Servers take the client's name and secret in a header, as the standard wants, or among the parameters. */
type Style = 'header' | 'parameters';

export class OAuth2Tokens {
  readonly #config: OAuth2Config;
  readonly #post: PostForm;
  #token: Token | undefined;
  #pending: Promise<Token> | undefined;
  /** Of whoever wants a token. */
  #userAgent: string | undefined;
  /** Known once a request has succeeded. */
  #style: Style | undefined;

  constructor(config: OAuth2Config, post: PostForm) {
    this.#config = config;
    this.#post = post;
  }

  /** The `Authorization` header. Rejects in the words that are shown; `signal` ends the wait, not the request. */
  async header(signal: AbortSignal, userAgent: string | undefined): Promise<string> {
    this.#userAgent = userAgent;
    const { jwt, clientSecret } = this.#config;
    const source: Secret = jwt?.key ?? clientSecret;
    const secret = await secretText(source, 'oauth2 client secret');
    const known = this.#token;
    if (known?.secret === secret && Date.now() < known.endMs - EARLY_MS) return known.header;
    this.#pending ??= this.#renew(secret).finally(() => {
      this.#pending = undefined;
    });
    return (await untilAborted(this.#pending, signal)).header;
  }

  async #renew(secret: string): Promise<Token> {
    this.#token = await (this.#config.jwt ? this.#byAssertion(secret) : this.#byCredentials(secret));
    return this.#token;
  }

  async #byCredentials(secret: string): Promise<Token> {
    const form = this.#form({ grant_type: 'client_credentials' });
    if (this.#style !== undefined) return this.#ask(form, secret, this.#style);
    try {
      const token = await this.#ask(form, secret, 'header');
      this.#style = 'header';
      return token;
    } catch {
      const token = await this.#ask(form, secret, 'parameters');
      this.#style = 'parameters';
      return token;
    }
  }

  #byAssertion(key: string): Promise<Token> {
    const assertion = signedAssertion(this.#config, key, Date.now());
    const form = this.#form({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion });
    return this.#ask(form, key, undefined);
  }

  /** Only the kind of grant may be replaced by a parameter of the configuration. */
  #form(own: Readonly<Record<string, string>>): URLSearchParams {
    const { scopes, endpointParams } = this.#config;
    const form = new URLSearchParams(own);
    if (scopes.length > 0) form.set('scope', scopes.join(' '));
    for (const [name, value] of Object.entries(endpointParams)) {
      if (form.has(name) && name !== 'grant_type')
        throw new Error(`oauth2: cannot overwrite parameter "${name}"`);
      form.set(name, value);
    }
    return form;
  }

  async #ask(form: URLSearchParams, secret: string, style: Style | undefined): Promise<Token> {
    const { clientId, tokenUrl } = this.#config;
    const headers: Record<string, string> = { 'Content-Type': 'application/x-www-form-urlencoded' };
    if (this.#userAgent !== undefined) headers['User-Agent'] = this.#userAgent;
    const parameters = new URLSearchParams(form);
    if (style === 'header') {
      headers.Authorization = `Basic ${basicPair(clientId, secret)}`;
    } else if (style === 'parameters') {
      parameters.set('client_id', clientId);
      if (secret !== '') parameters.set('client_secret', secret);
    }
    const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const body = Buffer.from(parameters.toString());
    const response = await this.#post({ url: tokenUrl, headers, body, signal });
    const text = (await readBody(response, ANSWER_BYTES_MAX)).toString();
    return { ...readToken(response, text, (told) => withoutSecret(told, clientId, secret)), secret };
  }
}

function basicPair(clientId: string, secret: string): string {
  return Buffer.from(`${queryEscaped(clientId)}:${queryEscaped(secret)}`).toString('base64');
}

/** As a form has it. */
function queryEscaped(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}

/** A server's answer may repeat what it was asked with. */
function withoutSecret(told: string, clientId: string, secret: string): string {
  const forms = [basicPair(clientId, secret), queryEscaped(secret), secret];
  const any = forms.map((form) => form.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|');
  return secret === '' ? told : told.replace(new RegExp(any, 'g'), MASK);
}

type Answer = Readonly<Record<string, unknown>>;

/** `shown` is how a part of the answer may be told of. */
function readToken(
  response: IncomingMessage,
  text: string,
  shown: (part: string) => string,
): Omit<Token, 'secret'> {
  const status = response.statusCode ?? 0;
  const failed = status < 200 || status > 299;
  const told = `oauth2: cannot fetch token: ${status} ${response.statusMessage ?? ''}`.trimEnd();
  const answer = parseAnswer(response.headers['content-type'] ?? '', text);
  if (answer instanceof Error) throw failed ? new Error(`${told}\nResponse: ${shown(text)}`) : answer;
  const field = (name: string): string => (typeof answer[name] === 'string' ? answer[name] : '');
  if (field('error') !== '') {
    const said = ['error', 'error_description', 'error_uri'].map(field).filter((part) => part !== '');
    throw new Error(`oauth2: ${said.map((part) => JSON.stringify(shown(part))).join(' ')}`);
  }
  if (failed) throw new Error(`${told}\nResponse: ${shown(text)}`);
  if (field('access_token') === '') throw new Error('oauth2: server response missing access_token');
  const seconds = Number(answer.expires_in ?? 0);
  return {
    header: `${tokenType(field('token_type'))} ${field('access_token')}`,
    endMs: seconds > 0 ? Date.now() + seconds * 1000 : Number.POSITIVE_INFINITY,
  };
}

/** JSON, or with some servers a form. */
function parseAnswer(contentType: string, text: string): Answer | Error {
  const type = contentType.split(';', 1)[0]!.trim().toLowerCase();
  if (type === 'application/x-www-form-urlencoded' || type === 'text/plain') {
    return Object.fromEntries(new URLSearchParams(text));
  }
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === 'object' && answer !== null) return answer as Answer;
    return new Error('oauth2: cannot parse json: expected an object');
  } catch (error) {
    // Without what stands there, which may be a token.
    return new Error(`oauth2: cannot parse json: ${(error as Error).name}`);
  }
}

/** As the `Authorization` header has it; some servers write it otherwise. */
function tokenType(type: string): string {
  const known = ['Bearer', 'MAC', 'Basic'].find((name) => name.toLowerCase() === type.toLowerCase());
  return known ?? (type === '' ? 'Bearer' : type);
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
