/** The assertion of RFC 7523: a JSON web token that the client signs with its RSA key, in place of a secret. */

import { createPrivateKey, type KeyObject, randomUUID, sign } from 'node:crypto';
import type { OAuth2Config } from './http-client.ts';

const LIFETIME_SECONDS = 600;
const DIGESTS = { RS256: 'RSA-SHA256', RS384: 'RSA-SHA384', RS512: 'RSA-SHA512' } as const;

/** `key` is PEM. Throws where it is no RSA key. */
export function signedAssertion(config: OAuth2Config, key: string, nowMs: number): string {
  const { clientId, tokenUrl, scopes, jwt } = config;
  const { algorithm, keyId, issuer, audience, claims } = jwt!;
  const issued = Math.floor(nowMs / 1000);
  const header = { alg: algorithm, typ: 'JWT', ...(keyId !== '' && { kid: keyId }) };
  const payload = {
    iss: issuer || clientId,
    sub: clientId,
    jti: randomUUID(),
    aud: audience || tokenUrl,
    iat: issued,
    exp: issued + LIFETIME_SECONDS,
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...claims,
  };
  const signed = `${base64Url(header)}.${base64Url(payload)}`;
  const signature = sign(DIGESTS[algorithm], Buffer.from(signed), rsaKey(key));
  return `${signed}.${signature.toString('base64url')}`;
}

function base64Url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function rsaKey(pem: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch {
    // Told below.
  }
  if (key?.asymmetricKeyType === 'rsa') return key;
  throw new Error('invalid key: Key must be a PEM encoded PKCS1 or PKCS8 private key');
}
