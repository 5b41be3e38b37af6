/** How a cluster is reached, from what a pod finds in its own files and from kubectl's file. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { openCluster, ownNamespace } from '../../src/kube/cluster.ts';

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'trilite-cluster-'));
});
after(() => rmSync(folder, { recursive: true }));

const NOTHING_ELSE = { followRedirects: true, httpHeaders: {} };

describe('the cluster of a pod', () => {
  it('is asked with the service account, whose token is read again', () => {
    const access = { way: 'in-cluster', host: 'fd00::1', port: '6443', folder } as const;
    assert.throws(
      () => openCluster({ ...access, host: '' }, parse),
      /KUBERNETES_SERVICE_HOST .* must be defined/,
    );
    assert.throws(() => openCluster(access, parse), /token: no such file/);
    writeFileSync(join(folder, 'token'), 'secret');
    const authorization = { type: 'Bearer', credentials: { file: join(folder, 'token') } };
    const apiServer = 'https://[fd00::1]:6443';
    assert.deepEqual(openCluster(access, parse), { apiServer, client: { ...NOTHING_ELSE, authorization } });
    writeFileSync(join(folder, 'ca.crt'), 'PEM');
    const { tls } = openCluster({ ...access, host: '10.0.0.1' }, parse).client;
    assert.deepEqual(tls?.ca, { file: join(folder, 'ca.crt') });
    assert.throws(
      () => ownNamespace(folder),
      /could not determine the pod's namespace: open .*namespace: no such file/,
    );
    writeFileSync(join(folder, 'namespace'), '');
    assert.throws(() => ownNamespace(folder), /empty file/);
    writeFileSync(join(folder, 'namespace'), 'monitoring');
    assert.equal(ownNamespace(folder), 'monitoring');
  });
});

const V1 = 'apiVersion: client.authentication.k8s.io/v1';

describe('a kubeconfig', () => {
  const open = (text: string) => {
    const file = join(folder, 'config');
    writeFileSync(file, text);
    return openCluster({ way: 'kubeconfig', file }, parse);
  };
  const config = (cluster: string, user: string) => `
current-context: one
contexts: [{name: other, context: {cluster: none}}, {name: one, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: ${cluster}}]
users: [{name: u, user: ${user}}]
`;

  it('names server, authority and credentials, inline or in files beside it', () => {
    const pem = Buffer.from('PEM').toString('base64');
    const inline = open(
      config(
        `{server: 'https://k8s:6443/', certificate-authority-data: ${pem}, tls-server-name: k8s}`,
        `{client-certificate-data: ${pem}, client-key-data: ${pem}, as: someone, as-groups: [a, b]}`,
      ),
    );
    const value = { value: 'PEM' };
    assert.deepEqual(inline, {
      apiServer: 'https://k8s:6443',
      client: {
        followRedirects: true,
        httpHeaders: { 'Impersonate-User': ['someone'], 'Impersonate-Group': ['a', 'b'] },
        tls: { ca: value, cert: value, key: value, serverName: 'k8s', insecureSkipVerify: false },
      },
    });
    const files = open(
      config('{server: k8s, certificate-authority: ca.crt}', '{token: old, tokenFile: sub/token}'),
    );
    assert.equal(files.apiServer, 'https://k8s');
    assert.deepEqual(files.client.tls?.ca, { file: join(folder, 'ca.crt') });
    assert.deepEqual(files.client.authorization?.credentials, { file: join(folder, 'sub/token') });
    const plain = open(config('{server: "localhost:8080"}', '{username: a, password: b}'));
    assert.equal(plain.apiServer, 'http://localhost:8080');
    assert.deepEqual(plain.client.basicAuth, { username: { value: 'a' }, password: { value: 'b' } });
    const insecure = open(config('{server: k8s, insecure-skip-tls-verify: true}', '{token: t}'));
    assert.equal(insecure.client.tls?.insecureSkipVerify, true);
    assert.deepEqual(insecure.client.authorization, { type: 'Bearer', credentials: { value: 't' } });
  });

  it('names a program for credentials, unless they stand in it', () => {
    writeFileSync(join(folder, 'ca.pem'), 'PEM');
    const exec = `{${V1}, command: bin/login, args: [a], env: [{name: N, value: v}], provideClusterInfo: true, installHint: 'Get it. '}`;
    const cluster = "{server: 'https://k', certificate-authority: ca.pem, insecure-skip-tls-verify: true}";
    assert.deepEqual(open(config(cluster, `{exec: ${exec}}`)).exec, {
      file: join(folder, 'config'),
      command: join(folder, 'bin/login'),
      args: ['a'],
      env: { N: 'v' },
      apiVersion: 'client.authentication.k8s.io/v1',
      installHint: 'Get it.',
      cluster: {
        server: 'https://k',
        'certificate-authority-data': Buffer.from('PEM').toString('base64'),
        'insecure-skip-tls-verify': true,
      },
    });
    assert.equal(open(config(cluster, `{exec: {${V1}, command: aws}}`)).exec!.command, 'aws');
    assert.equal(open(config(cluster, `{token: t, exec: ${exec}}`)).exec, undefined);
  });

  it('that does not say it is refused, and never shown', () => {
    const rows: [string, RegExp][] = [
      ['clusters: []', /current-context is not set/],
      ['current-context: x', /contexts have no "x"/],
      [config('{}', '{token: t}'), /cluster "c" has no server/],
      [config('{server: a}', '{exec: {command: secret}}'), /exec\.apiVersion must be one of client\.auth/],
      [config('{server: a}', `{exec: {${V1}}}`), /exec has no command/],
      [config('{server: a}', `{exec: {${V1}, command: a, interactiveMode: Always}}`), /needs a terminal/],
      [config('{server: a}', `{exec: {${V1}, command: a, args: secret}}`), /exec\.args: expected a list/],
      [config('{server: a}', `{exec: {${V1}, command: a, env: [secret]}}`), /exec\.env: expected names and/],
      [config('{server: a}', '{auth-provider: {name: gcp}}'), /auth-provider of a user is not supported/],
      [config('{server: a}', '{client-key-data: c2VjcmV0}'), /needs both client-certificate and client-key/],
      [config('{server: a}', '{token: secret, username: u}'), /a token and a password/],
      ['token: secret: [', /not YAML$/],
      ['- secret', /current-context is not set/],
    ];
    for (const [text, message] of rows) {
      assert.throws(
        () => open(text),
        (error: Error) => message.test(error.message) && !/secret/.test(error.message),
        text,
      );
    }
    const file = join(folder, 'none');
    assert.throws(
      () => openCluster({ way: 'kubeconfig', file }, parse),
      /kubeconfig: open .*none: no such file/,
    );
  });
});
