/** `oauth2` of an HTTP client: where tokens come from, and what they are asked for with. */

import type { JwtGrant, OAuth2Config, Secret } from '../base/http-client.ts';
import { readStringMap } from './node-values.ts';
import { PROXY_KEYS, readProxy } from './proxy-section.ts';
import { readSecret, secretKeys } from './secret-fields.ts';
import { readTls } from './tls-section.ts';
import type { Warnings } from './warnings.ts';
import type { Fields, YamlNode } from './yaml-node.ts';

const JWT_GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const CREDENTIALS_GRANT = 'client_credentials';
const ALGORITHMS: readonly JwtGrant['algorithm'][] = ['RS256', 'RS384', 'RS512'];
const NO_SECRET: Secret = {};

export function readOAuth2(node: YamlNode, warnings: Warnings): OAuth2Config {
  const fields = node.fields([
    ...['client_id', 'grant_type', 'token_url', 'scopes', 'endpoint_params', 'tls_config'],
    ...['client_certificate_key_id', 'signature_algorithm', 'iss', 'audience', 'claims'],
    ...['client_secret', 'client_certificate_key'].flatMap(secretKeys),
    ...PROXY_KEYS,
  ]);
  const text = (key: string) => fields.read(key, (v) => v.string(), '');
  const clientId = text('client_id');
  const tokenUrl = text('token_url');
  if (clientId === '') node.fail('oauth2 client_id must be configured');
  if (tokenUrl === '') node.fail('oauth2 token_url must be configured');
  if (!/^https?:\/\/./.test(tokenUrl) || !URL.canParse(tokenUrl)) {
    fields.require('token_url').fail('expected an http or https URL');
  }
  const grant = text('grant_type');
  const jwt = grant === JWT_GRANT ? readJwt(fields) : undefined;
  if (grant !== '' && grant !== CREDENTIALS_GRANT && !jwt) {
    warnings.add(fields.require('grant_type'), `is not known: ${CREDENTIALS_GRANT} is used`);
  }
  const tls = fields.read('tls_config', readTls, undefined);
  const proxy = readProxy(fields, warnings);
  return {
    clientId,
    clientSecret: jwt ? NO_SECRET : readClientSecret(fields),
    ...(jwt && { jwt }),
    tokenUrl,
    scopes: fields.read('scopes', (v) => v.strings(), []),
    endpointParams: fields.read('endpoint_params', readStringMap, {}),
    ...(tls && { tls }),
    ...(proxy && { proxy }),
  };
}

function readClientSecret(fields: Fields): Secret {
  const twice =
    'at most one of oauth2 client_secret, client_secret_file & client_secret_ref must be configured';
  return readSecret(fields, 'client_secret', `${twice} using grant-type=${CREDENTIALS_GRANT}`) ?? NO_SECRET;
}

function readJwt(fields: Fields): JwtGrant {
  const text = (key: string) => fields.read(key, (v) => v.string(), '');
  const keys = 'client_certificate_key, client_certificate_key_file & client_certificate_key_ref';
  const twice = `at most one of oauth2 ${keys} must be configured using grant-type=${JWT_GRANT}`;
  const named = text('signature_algorithm') || 'RS256';
  const algorithm = ALGORITHMS.find((known) => known === named);
  return {
    key: readSecret(fields, 'client_certificate_key', twice) ?? NO_SECRET,
    keyId: text('client_certificate_key_id'),
    algorithm:
      algorithm ??
      fields.require('signature_algorithm').fail('valid signature algorithms are RS256, RS384 and RS512'),
    issuer: text('iss'),
    audience: text('audience'),
    claims: fields.read('claims', (v) => plainValue(v) as Record<string, unknown>, {}),
  };
}

/** What YAML says, as JSON has it. */
function plainValue(node: YamlNode): unknown {
  if (node.isList) return node.list().map(plainValue);
  if (!node.isMap) return node.typed().value;
  return Object.fromEntries(node.entries().map(([key, value]) => [key, value ? plainValue(value) : null]));
}
