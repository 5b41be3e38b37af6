/**
 * Credentials that a program gives (`exec-plugin.ts`), kept until they expire or the server does not take them. The program is run as it
 * is, by no shell, with nothing to read and for a limited time. Nothing of what it says gets into a message: that may be a secret, also
 * on its way to being one.
 */

import { execFile } from 'node:child_process';
import { TriliteError } from '../model/errors.ts';
import type { ExecPlugin } from './exec-plugin.ts';

/** Signing in somewhere takes seconds. */
const RUN_MAX_MS = 60_000;
/** A token or a certificate with its key. */
const ANSWER_MAX_BYTES = 1024 * 1024;
/** Credentials are not used up to their last moment: a request takes a while. */
const EXPIRES_BEFORE_MS = 5000;

export type ExecEnvironment = Readonly<Record<string, string | undefined>>;

export interface ExecCredential {
  /** '' is none. */
  readonly token: string;
  readonly certificate: { readonly cert: string; readonly key: string } | undefined;
  /** Infinite where the program did not say. */
  readonly expiresMs: number;
}

export class ExecCredentials {
  readonly #plugin: ExecPlugin;
  readonly #environment: ExecEnvironment;
  #known: ExecCredential | undefined;
  #running: Promise<ExecCredential> | undefined;

  /** `environment` is what the program gets beside what the file says. */
  constructor(plugin: ExecPlugin, environment: ExecEnvironment) {
    this.#plugin = plugin;
    this.#environment = environment;
  }

  /** Rejects with `unauthorized`. Whoever asks while the program runs gets what it gives then. */
  async current(): Promise<ExecCredential> {
    if (this.#known && Date.now() < this.#known.expiresMs - EXPIRES_BEFORE_MS) return this.#known;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** The server did not take them. What has come since stays. */
  forget(credential: ExecCredential): void {
    if (this.#known === credential) this.#known = undefined;
  }

  async #run(): Promise<ExecCredential> {
    const answer = await this.#answer();
    this.#known =
      readCredential(answer, this.#plugin.apiVersion) ?? this.#fail('its answer is no ExecCredential');
    return this.#known;
  }

  #answer(): Promise<string> {
    const { command, args, env, apiVersion, cluster, installHint } = this.#plugin;
    const spec = { interactive: false, ...(cluster && { cluster }) };
    const info = JSON.stringify({ kind: 'ExecCredential', apiVersion, spec });
    const options = {
      env: { ...this.#environment, ...env, KUBERNETES_EXEC_INFO: info },
      timeout: RUN_MAX_MS,
      killSignal: 'SIGKILL',
      maxBuffer: ANSWER_MAX_BYTES,
    } as const;
    return new Promise<string>((resolve, reject) => {
      const child = execFile(command, args, options, (error, stdout) => {
        if (error) reject(error);
        else resolve(stdout);
      });
      // A program that asks shall not wait for an answer.
      child.stdin?.on('error', () => {});
      child.stdin?.end();
    }).catch((error: { readonly code?: string | number; readonly killed?: boolean }) => {
      if (error.code === 'ENOENT') this.#fail(`there is no such program${installHint && `: ${installHint}`}`);
      if (error.code === 'EACCES') this.#fail('it may not be run');
      if (error.killed) this.#fail(`it took more than ${RUN_MAX_MS / 1000} s, or said too much`);
      return this.#fail(`it ended with ${error.code ?? 'a signal'}: run it by hand to see why`);
    });
  }

  #fail(what: string): never {
    const { file, command } = this.#plugin;
    throw new TriliteError('unauthorized', `kubeconfig ${file}: exec ${JSON.stringify(command)}: ${what}`);
  }
}

/** Undefined where it is none of that version, or has no credentials in it. */
function readCredential(text: string, apiVersion: string): ExecCredential | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { kind, apiVersion: version, status } = (answer ?? {}) as Readonly<Record<string, unknown>>;
  if (kind !== 'ExecCredential' || version !== apiVersion) return undefined;
  const said = (status ?? {}) as Readonly<Record<string, unknown>>;
  const textOf = (key: string): string => (typeof said[key] === 'string' ? said[key] : '');
  const [token, cert, key] = [textOf('token'), textOf('clientCertificateData'), textOf('clientKeyData')];
  if ((cert === '') !== (key === '') || (token === '' && cert === '')) return undefined;
  const expires = textOf('expirationTimestamp');
  const expiresMs = expires === '' ? Number.POSITIVE_INFINITY : Date.parse(expires);
  if (Number.isNaN(expiresMs)) return undefined;
  return { token, certificate: cert === '' ? undefined : { cert, key }, expiresMs };
}
