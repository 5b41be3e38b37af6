/**
 * TLS of listeners: `trilite.tls`, and `tls_server_config` of a web configuration as Prometheus has it. Both have the same keys;
 * the first takes certificates from the environment too and says which listeners stay plain, and what would leave everybody in
 * or out by mistake is refused there.
 */

import { verifiesCertificates } from '../base/client-certificate.ts';
import type { TlsVersion } from '../base/http-client.ts';
import {
  CIPHER_SUITES,
  CLIENT_AUTH_TYPES,
  type ClientAuthType,
  CURVES,
  type PemSource,
  type PlainAddress,
  type ServerTlsSettings,
} from '../base/server-tls.ts';
import { isBefore, readTlsVersion } from './tls-section.ts';
import { parseAddress } from './values.ts';
import type { Fields, YamlNode } from './yaml-node.ts';

const PEM_KEYS: readonly string[] = ['cert', 'key', 'client_ca'];
const RULE_KEYS: readonly string[] = [
  ...['client_auth_type', 'client_allowed_sans', 'min_version', 'max_version'],
  ...['cipher_suites', 'curve_preferences', 'prefer_server_cipher_suites'],
];
/** What a key is called where the value is a file, and where it stands in a variable. */
const FILE = '_file';
const VARIABLE = '_env';

/** Kept for those who wrote it before there was another name. */
const OLD_AUTH_TYPE = 'RequireClientCert';

type Versions = Pick<ServerTlsSettings, 'minVersion' | 'maxVersion'>;

/** `trilite.tls`; without a certificate it says no more than which listeners stay plain. */
export interface OwnTls {
  readonly tls: ServerTlsSettings | undefined;
  readonly plain: readonly PlainAddress[];
}

export function readOwnTls(node: YamlNode): OwnTls {
  const pems = PEM_KEYS.flatMap((key) => [key, key + FILE, key + VARIABLE]);
  const fields = node.fields([...pems, ...RULE_KEYS, 'plain']);
  const plain = fields.read('plain', readAddresses, []);
  const says = [...pems, ...RULE_KEYS].some((key) => fields.get(key) !== undefined);
  if (!says) return { tls: undefined, plain };
  for (const key of PEM_KEYS) {
    const given = [key, key + FILE, key + VARIABLE].filter((name) => fields.get(name));
    if (given.length > 1)
      fields.require(given[1]!).fail(`at most one of ${given.join(' and ')} may be given`);
  }
  const tls = readServerTls(fields, true);
  const { clientAuth, clientCa } = tls;
  if (verifiesCertificates(clientAuth) && clientCa === undefined) {
    fields.require('client_auth_type').fail(`${clientAuth} needs client_ca or client_ca_file`);
  }
  if (tls.clientAllowedSans && !verifiesCertificates(clientAuth)) {
    const rule = 'anybody can make a certificate with any name: a client_auth_type that verifies is needed';
    fields.require('client_allowed_sans').fail(rule);
  }
  return { tls: { ...tls, plain }, plain };
}

/** Undefined where nothing is said that concerns certificates: there is no TLS then. */
export function readWebTls(node: YamlNode): ServerTlsSettings | undefined {
  const fields = node.fields([...PEM_KEYS.flatMap((key) => [key, key + FILE]), ...RULE_KEYS]);
  const given = [...PEM_KEYS.flatMap((key) => [key, key + FILE]), 'client_auth_type'].filter((key) =>
    says(fields, key),
  );
  // Its other rules are rules even so.
  if (given.length === 0) return void readRules(fields);
  return readServerTls(fields, false);
}

function readServerTls(fields: Fields, fromEnvironment: boolean): ServerTlsSettings {
  const pem = (key: string) => readPem(fields, key, fromEnvironment);
  const cert = pem('cert') ?? fields.node.fail('missing one of cert or cert_file');
  const key = pem('key') ?? fields.node.fail('missing one of key or key_file');
  const clientCa = pem('client_ca');
  const rules = readRules(fields);
  if (clientCa && rules.clientAuth === 'NoClientCert') {
    fields.node.fail("client CA's have been configured without a Client Auth Policy");
  }
  return { cert, key, clientCa, ...rules, http2: true, plain: [] };
}

function readRules(fields: Fields): Omit<ServerTlsSettings, 'cert' | 'key' | 'clientCa' | 'http2' | 'plain'> {
  const ciphers = fields.read('cipher_suites', readCiphers, undefined);
  const curves = fields.read('curve_preferences', readCurves, undefined);
  return {
    ...readVersions(fields),
    clientAuth: fields.read('client_auth_type', readClientAuth, 'NoClientCert'),
    clientAllowedSans: fields.read('client_allowed_sans', (v) => v.strings(), undefined),
    ciphers,
    curves: curves?.length === 0 ? undefined : curves,
    prefersServerCiphers: fields.read('prefer_server_cipher_suites', (v) => v.boolean(), true),
  };
}

/** An empty string is as good as nothing. */
function says(fields: Fields, key: string): boolean {
  const node = fields.get(key);
  return node !== undefined && node.string() !== '';
}

/** The file counts where both stand there, as for the original. */
function readPem(fields: Fields, key: string, fromEnvironment: boolean): PemSource | undefined {
  if (says(fields, key + FILE)) return { file: fields.require(key + FILE).filePath() };
  if (says(fields, key)) return { value: fields.require(key).string() };
  const named = fromEnvironment ? fields.get(key + VARIABLE) : undefined;
  if (named === undefined) return undefined;
  const variable = named.string();
  const value = named.environment[variable] || named.fail(`the variable ${variable} is not set`);
  return { value, variable };
}

function readVersions(fields: Fields): Versions {
  const minVersion = fields.read<TlsVersion, TlsVersion>('min_version', readTlsVersion, 'TLSv1.2');
  const maxVersion = fields.read<TlsVersion, TlsVersion>('max_version', readTlsVersion, 'TLSv1.3');
  if (isBefore(maxVersion, minVersion)) {
    (fields.get('max_version') ?? fields.require('min_version')).fail(
      'max_version is below min_version: nobody could connect',
    );
  }
  return { minVersion, maxVersion };
}

function readClientAuth(node: YamlNode): ClientAuthType {
  const text = node.string();
  if (text === '') return 'NoClientCert';
  if (text === OLD_AUTH_TYPE) return 'RequireAnyClientCert';
  return CLIENT_AUTH_TYPES.find((type) => type === text) ?? node.fail(`invalid ClientAuth: ${text}`);
}

function readCiphers(node: YamlNode): readonly string[] | undefined {
  const named = node.list().map((item) => {
    const name = item.string();
    if (!CIPHER_SUITES.has(name)) item.fail(`unknown cipher: ${name}`);
    return CIPHER_SUITES.get(name);
  });
  return named.length === 0 ? undefined : named.filter((name) => name !== undefined);
}

function readCurves(node: YamlNode): readonly string[] {
  return node.list().map((item) => {
    const name = item.string();
    return CURVES.get(name) ?? item.fail(`unknown curve: ${name}`);
  });
}

function readAddresses(node: YamlNode): readonly PlainAddress[] {
  return (node.isList ? node.list() : [node]).map((item) => item.parsed(parseAddress));
}
