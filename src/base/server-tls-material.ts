/**
 * The certificate, the key and the clients' authorities of a server, read and checked as one: a certificate is of no use
 * with another one's key. What is wrong is said in one line with the place, and never with anything of the key.
 */

import { constants, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { getCACertificates, type SecureContextOptions } from 'node:tls';
import { asksForCertificates, verifiesCertificates } from './client-certificate.ts';
import { fileError } from './file-error.ts';
import { type PemSource, type ServerTlsSettings, TLS13_SUITES } from './server-tls.ts';

/** OpenSSL allows versions before 1.2 with their broken hashes at this level alone; they are asked for by name. */
const OLD_VERSIONS_LEVEL = '@SECLEVEL=0';
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

export interface ServerMaterial {
  /** For `node:tls`. */
  readonly options: SecureContextOptions;
  /** When the server's certificate stops being good; milliseconds since the epoch. */
  readonly expiresMs: number;
  /** What was read, to tell whether it has changed. */
  readonly texts: readonly (string | undefined)[];
}

/** Rejects with what is wrong and where. */
export async function readServerMaterial(settings: ServerTlsSettings): Promise<ServerMaterial> {
  const cert = await pemText('cert', settings.cert);
  const key = await pemText('key', settings.key);
  const ca = settings.clientCa && (await pemText('client_ca', settings.clientCa));
  const leaf = certificateIn(cert, settings.cert);
  if (!leaf.checkPrivateKey(privateKeyIn(key, settings.key))) {
    const places = `${placeOf('cert', settings.cert)}, ${placeOf('key', settings.key)}`;
    throw new Error(`failed to load X509KeyPair: tls: private key does not match public key (${places})`);
  }
  const authorities = ca === undefined ? undefined : authoritiesIn(ca, settings.clientCa!);
  return {
    options: contextOptions(settings, cert, key, authorities),
    expiresMs: Date.parse(leaf.validTo),
    texts: [cert, key, ca],
  };
}

export function isSameMaterial(a: ServerMaterial, b: ServerMaterial): boolean {
  return a.texts.every((text, i) => text === b.texts[i]);
}

async function pemText(what: string, source: PemSource): Promise<string> {
  const { file, value = '' } = source;
  if (file === undefined) return value;
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Error(`failed to read ${what}_file (${file}): ${fileError(error, file)}`);
  }
}

/** Where the thing stands, for a complaint. */
function placeOf(what: string, { file, variable }: PemSource): string {
  if (file !== undefined) return `${what}_file ${file}`;
  return variable === undefined ? what : `the variable ${variable}`;
}

function certificateIn(text: string, source: PemSource): X509Certificate {
  const [first] = text.match(CERTIFICATE) ?? [];
  const place = placeOf('cert', source);
  if (first === undefined) {
    const fault = 'tls: failed to find any PEM data in certificate input';
    throw new Error(`failed to load X509KeyPair: ${fault} (${place})`);
  }
  return parsed(first, `failed to load X509KeyPair: the certificate cannot be read (${place})`);
}

function authoritiesIn(text: string, source: PemSource): readonly string[] {
  const found = text.match(CERTIFICATE) ?? [];
  const place = placeOf('client_ca', source);
  if (found.length === 0) throw new Error(`there is no certificate in ${place}`);
  for (const one of found) parsed(one, `a certificate in ${place} cannot be read`);
  return found;
}

function parsed(pem: string, fault: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new Error(fault);
  }
}

function privateKeyIn(text: string, source: PemSource): KeyObject {
  const wrong = (fault: string) =>
    new Error(`failed to load X509KeyPair: tls: ${fault} (${placeOf('key', source)})`);
  if (!text.includes('PRIVATE KEY-----')) throw wrong('failed to find any PEM data in key input');
  try {
    return createPrivateKey(text);
  } catch {
    // What the library says might quote what it was given.
    const isLocked = /ENCRYPTED/.test(text);
    throw wrong(isLocked ? 'the private key has a passphrase' : 'failed to parse private key');
  }
}

function contextOptions(
  settings: ServerTlsSettings,
  cert: string,
  key: string,
  authorities: readonly string[] | undefined,
): SecureContextOptions {
  const { minVersion, maxVersion, clientAuth, curves, prefersServerCiphers } = settings;
  const isOld = [minVersion, maxVersion].some((version) => version === 'TLSv1' || version === 'TLSv1.1');
  const ciphers = settings.ciphers ?? (isOld ? ['DEFAULT'] : undefined);
  const old = isOld ? [OLD_VERSIONS_LEVEL] : [];
  const verifies = verifiesCertificates(clientAuth);
  // Without any named here nobody who is merely asked counts as verified.
  const trusted = authorities ?? (verifies ? getCACertificates('system') : []);
  return {
    cert,
    key,
    minVersion,
    maxVersion,
    honorCipherOrder: prefersServerCiphers,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ...(asksForCertificates(clientAuth) && { ca: [...trusted] }),
    ...(ciphers && { ciphers: [...TLS13_SUITES, ...ciphers, ...old].join(':') }),
    ...(curves && { ecdhCurve: curves.join(':') }),
  };
}
