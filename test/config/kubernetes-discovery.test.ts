/**
 * Which `kubernetes_sd_configs` are taken and which are refused, case by case: the verdicts are those of the original's
 * `promtool check config`, which is asked again where it is installed.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parseConfigFile } from '../../src/config/file.ts';
import { scrapeConfigYaml } from '../../src/config/scrape-config-yaml.ts';
import { PROMTOOL, promtoolIsSince } from '../support/promtool.ts';

/** What stands between the braces of an entry, and what it is refused for. */
type Case = readonly [text: string, refused?: RegExp];

/** Debian builds its promtool without Kubernetes, and labels that are asked for here are younger. */
const KNOWS_KUBERNETES = PROMTOOL !== undefined && promtoolIsSince([3, 12]);
const SERVER = 'role: pod, api_server: "https://k8s:6443"';
const selector = (role: string, text: string) => `role: ${role}, selectors: [${text}]`;

const CASES: readonly Case[] = [
  ...['pod', 'service', 'endpoints', 'endpointslice', 'node', 'ingress'].map(
    (role): Case => [`role: ${role}`],
  ),
  ['role: Pod', /unknown Kubernetes SD role "Pod"/],
  ['', /role missing \(one of: pod, service, endpoints, endpointslice, node, ingress\)/],
  ['role: ""', /role missing|unknown Kubernetes SD role/],
  ['role: pod, api: x', /unknown key "api"/],
  [SERVER],
  ['role: pod, api_server: "k8s"'],
  ['role: pod, api_server: "http://[::1"', /is not a URL/],
  ['role: pod, kubeconfig_file: /etc/config'],
  ['role: pod, kubeconfig_file: ""'],
  [`${SERVER}, kubeconfig_file: /etc/config`, /cannot use 'kubeconfig_file' and 'api_server' simultaneously/],
  ['role: pod, kubeconfig_file: a, bearer_token: x', /together with 'kubeconfig_file'/],
  ['role: pod, bearer_token: x', /please provide the 'api_server' URL explicitly/],
  ['role: pod, tls_config: {insecure_skip_verify: true}', /'api_server' URL explicitly/],
  ['role: pod, follow_redirects: false', /'api_server' URL explicitly/],
  ['role: pod, enable_http2: false', /'api_server' URL explicitly/],
  ['role: pod, proxy_url: "http://p"', /'api_server' URL explicitly/],
  ['role: pod, authorization: {}', /'api_server' URL explicitly/],
  ['role: pod, follow_redirects: true, enable_http2: true, tls_config: {}'],
  [`${SERVER}, bearer_token_file: /t, tls_config: {ca_file: /c, server_name: k}`],
  [`${SERVER}, basic_auth: {username: u}, bearer_token: x`, /at most one of/],
  [`${SERVER}, authorization: {type: Basic, credentials: x}`, /cannot be set to "basic"/],
  ['role: pod, namespaces: {names: [a, b], own_namespace: true}'],
  ['role: pod, namespaces: {names: a}', /expected a list/],
  ['role: pod, namespaces: {name: [a]}', /unknown key "name"/],
  [`${SERVER}, namespaces: {own_namespace: true}`, /'api_server' and 'namespaces.own_namespace' simultan/],
  [
    'role: pod, kubeconfig_file: a, namespaces: {own_namespace: true}',
    /'kubeconfig_file' and 'namespaces.own/,
  ],
  ['role: pod, attach_metadata: {node: true}'],
  ['role: service, attach_metadata: {node: true, namespace: true}'],
  ['role: pod, attach_metadata: {deployment: true, job: true, cronjob: false}'],
  ['role: pod, attach_metadata: {nodes: true}', /unknown key "nodes"/],
  [selector('pod', '{role: pod, label: "a=b", field: "spec.nodeName=x"}')],
  [selector('pod', '{role: pod}, {role: node, label: a}')],
  [selector('pod', '{role: service}'), /pod role supports only pod, node selectors/],
  [selector('pod', '{label: a}'), /pod role supports only pod, node selectors/],
  [selector('pod', '{role: pods}'), /unknown Kubernetes SD role "pods"/],
  [selector('pod', '{role: pod}, {role: pod}'), /duplicated selector role: pod/],
  [selector('service', '{role: pod}'), /service role supports only service selectors/],
  [selector('endpoints', '{role: node}'), /endpoints role supports only pod, service, endpoints selectors/],
  [selector('endpointslice', '{role: endpoints}'), /supports only pod, service, endpointslice selectors/],
  [selector('endpointslice', '{role: endpointslice}, {role: pod}, {role: service}')],
  [selector('node', '{role: node, field: "metadata.name!=x,,spec.a==y"}')],
  [selector('ingress', '{role: ingress, labels: a}'), /unknown key "labels"/],
  ...[
    [
      '',
      'a',
      '!a',
      'a=b',
      'a==b',
      'a!=b',
      'a in (b)',
      'a in (b, c),d notin (e)',
      'a in ()',
      'a=',
      'a=,b',
      'a>1',
    ],
    ['a<2, b', 'in', 'notin in (in)', 'x.y/a-b_c.d=E', 'a in (,b)', 'a in (b,)', '! a', 'a in(b)', ' a = b '],
  ]
    .flat()
    .map((label): Case => [selector('pod', `{role: pod, label: "${label}"}`)]),
  ...[
    [
      '=',
      ',',
      'a,',
      'a b',
      'a=b c',
      'a in b',
      'a in (b',
      'a!',
      '!!a',
      '!a=b',
      'a>x',
      'a=b=c',
      'a==',
      'a<',
      '(a)',
    ],
    [
      '-a',
      'a-',
      'a/b/c',
      '/a',
      'A.b/c',
      'a=-b',
      'a in (b c)',
      'a=>b',
      'a in (b=c)',
      'ü',
      `${'a'.repeat(64)}`,
    ],
  ]
    .flat()
    .filter((label) => !['a==', 'a<'].includes(label))
    .map((label): Case => [selector('pod', `{role: pod, label: "${label}"}`), /selectors\[0\].label: /]),
  ...['', 'a=b', 'a=', '=b', 'a!=b,c==d', 'a=b\\\\,c', 'a=b\\\\=c', 'a=\\\\\\\\', ',', 'a=b,'].map(
    (field): Case => [selector('pod', `{role: pod, field: "${field}"}`)],
  ),
  ...['a', 'a=b,c', 'a=b=c', 'a=b\\\\c', 'a=b\\\\', 'a!b', 'a===b'].map(
    (field): Case => [selector('pod', `{role: pod, field: "${field}"}`), /selectors\[0\].field: invalid /],
  ),
];

const document = (text: string) => `scrape_configs: [{job_name: j, kubernetes_sd_configs: [{${text}}]}]\n`;
const parse = (text: string) => parseConfigFile('c.yml', document(text), {});

describe('kubernetes_sd_configs', () => {
  it('are taken and refused case by case', async () => {
    for (const [text, refused] of CASES) {
      const parsed = parse(text).then(
        ({ warnings }) => warnings.join('; '),
        (error: Error) => `refused: ${error.message}`,
      );
      if (refused) assert.match(await parsed, refused, text);
      else assert.equal(await parsed, '', text);
    }
  });

  it('are taken and refused as by the original', {
    skip: KNOWS_KUBERNETES
      ? false
      : 'promtool 3.12 or later is needed, which Debian has not: set TRILITE_TEST_PROMTOOL',
  }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'trilite-promtool-'));
    try {
      const files = CASES.map(([text], i) => {
        const file = join(folder, `${i}.yml`);
        writeFileSync(file, document(text));
        return file;
      });
      const { stdout } = spawnSync(PROMTOOL!, ['check', 'config', '--syntax-only', ...files], {
        encoding: 'utf8',
      });
      const said = stdout.split(/^Checking /m).slice(1);
      assert.equal(said.length, CASES.length);
      const wrong = CASES.filter(
        ([, refused], i) => said[i]!.includes('SUCCESS') === (refused !== undefined),
      );
      assert.deepEqual(wrong, []);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('lead to the cluster of the pod unless they name another', async () => {
    const { scrapeConfigs, alerting } = await parseConfigFile(
      'c.yml',
      `scrape_configs: [{job_name: j, kubernetes_sd_configs: [{role: pod}]}]
alerting: {alertmanagers: [{kubernetes_sd_configs: [{role: service, kubeconfig_file: k}]}]}`,
      { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' },
    );
    const folder = '/var/run/secrets/kubernetes.io/serviceaccount';
    const [own] = scrapeConfigs[0]!.kubernetesDiscovery;
    assert.deepEqual(own!.access, { way: 'in-cluster', host: '10.0.0.1', port: '443', folder });
    const [other] = alerting.alertmanagers[0]!.kubernetesDiscovery;
    assert.deepEqual(other!.access, { way: 'kubeconfig', file: 'k' });
  });

  it('are shown as YAML that reads back as the same, without secrets', async () => {
    const { scrapeConfigs } = await parse(
      `${selector('endpoints', '{role: pod, label: a}, {role: endpoints, field: "a=b"}')}, api_server: "https://u:secret@k/",
      bearer_token: secret, namespaces: {names: [a]}, attach_metadata: {node: true, cronjob: true}}, {role: node`,
    );
    const yaml = await scrapeConfigYaml(scrapeConfigs[0]!);
    assert.doesNotMatch(yaml, /: secret|:secret/);
    const again = await parseConfigFile(
      'c.yml',
      `scrape_configs:\n${yaml.replace(/^/gm, '    ').replace('    job', '  - job')}`,
      {},
    );
    assert.equal(await scrapeConfigYaml(again.scrapeConfigs[0]!), yaml);
  });
});
