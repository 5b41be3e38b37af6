/**
 * Certificates, keys and authorities of a client's TLS, as they are now: their files are read again at each use, and
 * connections are made with what they hold then, so that renewed certificates need no restart. A file that cannot be read
 * fails the request that wanted it and no more.
 */

import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { type Secret, secretText, type TlsConfig } from './http-client.ts';

/** OpenSSL allows versions before 1.2 with their broken hashes at this level alone; they are asked for by name. */
const OLD_VERSION_CIPHERS = 'DEFAULT@SECLEVEL=0';

interface Texts {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

export class TlsMaterial {
  readonly #config: TlsConfig;
  #texts: Texts | undefined;
  #context: SecureContext | undefined;

  constructor(config: TlsConfig) {
    this.#config = config;
  }

  /** The same object until something has changed. Rejects where something cannot be read or used. */
  async context(): Promise<SecureContext> {
    const { ca, cert, key } = this.#config;
    const text = async (secret: Secret | undefined, what: string): Promise<string | undefined> =>
      secret && secretText(secret, what);
    const texts: Texts = {
      ca: await text(ca, 'CA cert'),
      cert: await text(cert, 'client cert'),
      key: await text(key, 'client key'),
    };
    const known = this.#texts;
    const isKnown = known?.ca === texts.ca && known?.cert === texts.cert && known?.key === texts.key;
    if (this.#context !== undefined && isKnown) return this.#context;
    this.#context = this.#newContext(texts);
    this.#texts = texts;
    return this.#context;
  }

  #newContext({ ca, cert, key }: Texts): SecureContext {
    const config = this.#config;
    if (ca !== undefined && !isCertificate(ca)) {
      throw new Error(`unable to use specified CA cert ${placeOf(config.ca!)}`);
    }
    const { minVersion, maxVersion } = config;
    const isOld = [minVersion, maxVersion].some((version) => version === 'TLSv1' || version === 'TLSv1.1');
    const options: SecureContextOptions = {
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(minVersion && { minVersion }),
      // Node's own lowest version may be above the highest that is wanted.
      ...(maxVersion && { maxVersion, ...(!minVersion && isOld && { minVersion: 'TLSv1' as const }) }),
      ...(isOld && { ciphers: OLD_VERSION_CIPHERS }),
    };
    try {
      return createSecureContext(options);
    } catch (error) {
      if (cert === undefined) throw error;
      const pair = `(${placeOf(config.cert!)}) & key (${placeOf(config.key!)})`;
      throw new Error(`unable to use specified client cert ${pair}: ${pairFault(error)}`);
    }
  }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}

function placeOf(secret: Secret): string {
  return secret.file === undefined ? 'inline' : `file ${secret.file}`;
}

/** By OpenSSL's code; what it says itself never holds any of the key. */
const PAIR_FAULTS: Readonly<Record<string, string>> = {
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: 'tls: private key does not match public key',
  ERR_OSSL_PEM_NO_START_LINE: 'tls: failed to find any PEM data in certificate or key input',
};

function pairFault(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return PAIR_FAULTS[code] ?? message;
}
