/** `auth`: whom the server knows and what each of them may do. */

import {
  type AuthSettings,
  type CertificateCredential,
  type PasswordSecret,
  type PlainSecret,
  SCOPES,
  type Scope,
  type TokenCredential,
  type UserCredential,
} from '../model/access.ts';
import { parseTenant } from '../model/tenant.ts';
import type { Environment } from './environment.ts';
import type { Warnings } from './warnings.ts';
import type { Fields, YamlNode } from './yaml-node.ts';

const RIGHTS_KEYS: readonly string[] = ['scopes', 'tenants'];
const BCRYPT_HASH = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
/** Each step takes twice as long: 14 takes a second here, and a client waits so long with its first request. */
const BCRYPT_COST_MAX = 14;
const BCRYPT_COST_MIN = 4;
/** What a header can carry. */
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

interface Reading {
  readonly environment: Environment;
  readonly warnings: Warnings;
}

/** Throws `ConfigError`, in whose words no secret is. */
export function readAuth(node: YamlNode, environment: Environment, warnings: Warnings): AuthSettings {
  const fields = node.fields([
    ...['users', 'tokens', 'certificates', 'anonymous', 'wrong_attempts_per_minute'],
  ]);
  const reading = { environment, warnings };
  const entries = ['users', 'tokens', 'certificates'].flatMap((key) => fields.read(key, (v) => v.list(), []));
  return {
    users: readEach(fields.get('users'), 'username', (v) => readUser(v, reading)),
    tokens: readEach(fields.get('tokens'), 'name', (v) => readToken(v, reading)),
    certificates: readEach(fields.get('certificates'), 'subject', readCertificate),
    anonymous: fields.read('anonymous', readScopes, []),
    wrongAttemptsPerMinute: fields.read('wrong_attempts_per_minute', (v) => v.count(), undefined),
    tenantsPosition: entries.map((entry) => entry.known(['tenants']).get('tenants')?.position).find(Boolean),
  };
}

/** Entries of a list, of which no two have the same name. */
function readEach<Key extends string, T extends { readonly [K in Key]: string }>(
  list: YamlNode | undefined,
  key: Key,
  read: (entry: YamlNode) => T,
): readonly T[] {
  const seen = new Set<string>();
  return (list?.list() ?? []).map((node) => {
    const entry = read(node);
    if (seen.has(entry[key])) node.fail(`${key} ${JSON.stringify(entry[key])} is there twice`);
    seen.add(entry[key]);
    return entry;
  });
}

function readUser(node: YamlNode, reading: Reading): UserCredential {
  const keys = ['password', 'password_file', 'password_env', 'password_hash'];
  const fields = node.fields(['username', ...keys, ...RIGHTS_KEYS]);
  const username = nonEmpty(fields.require('username'));
  if (username.includes(':')) fields.require('username').fail('a colon cannot be part of a username');
  const hash = fields.get('password_hash');
  const plain = readSecret(fields, 'password', hash ? ['password_hash'] : [], reading);
  const password: PasswordSecret = plain ?? { bcrypt: readHash(hash!) };
  return { username, password, ...readRights(fields) };
}

function readToken(node: YamlNode, reading: Reading): TokenCredential {
  const fields = node.fields(['name', 'token', 'token_file', 'token_env', ...RIGHTS_KEYS]);
  const token = readSecret(fields, 'token', [], reading)!;
  if ('value' in token && !TOKEN.test(token.value)) {
    fields.require('token').fail('has characters that no Bearer token can have');
  }
  return { name: nonEmpty(fields.require('name')), token, ...readRights(fields) };
}

function readCertificate(node: YamlNode): CertificateCredential {
  const fields = node.fields(['subject', ...RIGHTS_KEYS]);
  return { subject: nonEmpty(fields.require('subject')), ...readRights(fields) };
}

/** One of `key`, `key_file`, `key_env`, or of `others`, and only one; undefined where it is one of the others. */
function readSecret(
  fields: Fields,
  key: string,
  others: readonly string[],
  { environment, warnings }: Reading,
): PlainSecret | undefined {
  const known = [key, `${key}_file`, `${key}_env`];
  const given = known.filter((name) => fields.get(name) !== undefined);
  const [name, second] = [...given, ...others];
  if (name === undefined) fields.node.fail(`one of ${known.join(', ')} is missing`);
  if (second !== undefined) fields.require(second).fail(`excludes ${name}`);
  if (others.length > 0) return undefined;
  const node = fields.require(name);
  if (name === `${key}_file`) return { file: node.filePath() };
  const value = nonEmpty(node);
  if (name === key) return { value };
  if (!environment[value]) warnings.add(node, `names $${value}, which is not set: nobody gets in by it`);
  return { variable: value };
}

/** Not shown where it is wrong: what stands there may be a password that was meant for another key. */
function readHash(node: YamlNode): string {
  const hash = node.string();
  const cost = Number(
    BCRYPT_HASH.exec(hash)?.[1] ?? node.fail('is no bcrypt hash such as htpasswd -B makes'),
  );
  if (cost < BCRYPT_COST_MIN || cost > BCRYPT_COST_MAX) {
    node.fail(`the cost of a hash must be from ${BCRYPT_COST_MIN} to ${BCRYPT_COST_MAX}, and is ${cost}`);
  }
  return hash;
}

function readRights(fields: Fields): { scopes: readonly Scope[]; tenants: readonly string[] | undefined } {
  const node = fields.require('scopes');
  const scopes = readScopes(node);
  if (scopes.length === 0) node.fail(`expected some of ${SCOPES.join(', ')}, got none`);
  return { scopes, tenants: fields.read('tenants', readTenants, undefined) };
}

function readScopes(node: YamlNode): readonly Scope[] {
  return [...new Set(node.list().map((item) => item.oneOf<Scope>(SCOPES)))];
}

/** None is not all. */
function readTenants(node: YamlNode): readonly string[] {
  const tenants = node.list().map((item) => item.parsed(parseTenant));
  if (tenants.length === 0) node.fail('names no tenant; without it the credential is for all');
  return [...new Set(tenants)];
}

function nonEmpty(node: YamlNode): string {
  const text = node.string();
  return text === '' ? node.fail('is empty') : text;
}
