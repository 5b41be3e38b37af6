/** Configurations by what they say of Alertmanagers, remote storage, and finding and asking targets. */

import type { PromtoolCase } from './cases.ts';

export function config(
  name: string,
  text: string,
  flags: readonly string[] = [],
  files: Readonly<Record<string, string>> = {},
  isNew = false,
): PromtoolCase {
  return {
    name: `config: ${name}`,
    args: ['check', 'config', ...flags, 'p.yml'],
    files: { 'p.yml': text, ...files },
    ...(isNew && { isNew }),
  };
}

export function job(
  name: string,
  lines: string,
  flags: readonly string[] = [],
  files = {},
  isNew = false,
): PromtoolCase {
  return config(name, `scrape_configs:\n- job_name: j\n${lines.replace(/^/gm, '  ')}\n`, flags, files, isNew);
}

const OAUTH2_MISSING =
  'oauth2: {client_id: a, client_secret_file: missing, token_url: "http://t/", tls_config: {ca_file: missing}}';

function alertmanagers(name: string, lines: string, flags: readonly string[] = [], files = {}): PromtoolCase {
  const set = lines.replace(/^/gm, '    ').trimStart();
  return config(`Alertmanagers: ${name}`, `alerting:\n  alertmanagers:\n  - ${set}\n`, flags, files);
}

export const ALERTING_CASES: readonly PromtoolCase[] = [
  alertmanagers('targets', 'static_configs: [{targets: ["am:9093"]}]\ntimeout: 5s\npath_prefix: /x'),
  alertmanagers('a target that is a URL', 'static_configs: [{targets: ["http://am:9093"]}]'),
  alertmanagers(
    'a target that stays a URL',
    'static_configs: [{targets: ["http://am:9093"]}]\nrelabel_configs: [{target_label: x, replacement: y}]',
  ),
  alertmanagers(
    'a target that is dropped by its scheme',
    'static_configs: [{targets: ["http://am"]}]\nrelabel_configs: [{action: drop, source_labels: [__scheme__], regex: http}]',
  ),
  alertmanagers(
    'a target that is dropped by its path',
    'static_configs: [{targets: ["http://am"]}]\nrelabel_configs: [{action: drop, source_labels: [__alerts_path__], regex: /api/v2/alerts}]',
  ),
  alertmanagers('a file that is not there', 'file_sd_configs: [{files: [t.yml]}]'),
  alertmanagers('a file with a URL', 'file_sd_configs: [{files: [t.yml]}]', [], {
    't.yml': '- targets: ["http://am/x"]\n',
  }),
  alertmanagers('a bad file, syntax only', 'file_sd_configs: [{files: [t.yml]}]', ['--syntax-only'], {
    't.yml': '{',
  }),
  { ...alertmanagers('version 1', 'api_version: v1'), isNew: true },
  alertmanagers('an unknown key', 'api: v2'),
  alertmanagers('credentials that are not there', 'authorization: {credentials_file: missing}'),
  alertmanagers('a certificate that is not there', 'tls_config: {cert_file: c, key_file: k}'),
  alertmanagers('two kinds of credentials', 'basic_auth: {username: a}\nauthorization: {credentials: b}'),
  config('alerts in agent mode', 'alerting: {alertmanagers: [{static_configs: []}]}\n', ['--agent']),
  config('alert relabelling that is null', 'alerting: {alert_relabel_configs: [null]}\n'),
  config('alert relabelling without a target', 'alerting: {alert_relabel_configs: [{regex: a}]}\n'),
];

function remote(name: string, lines: string): PromtoolCase {
  const set = lines.replace(/^/gm, '  ').trimStart();
  return config(`remote write: ${name}`, `remote_write:\n- ${set}\n`);
}

export const REMOTE_WRITE_CASES: readonly PromtoolCase[] = [
  remote('a URL', 'url: http://a/w'),
  remote('no URL', 'name: a'),
  remote('an unknown key', 'url: http://a/w\nuri: x'),
  remote(
    'a password that is not there',
    'url: http://a/w\nbasic_auth: {username: a, password_file: missing}',
  ),
  remote('a token that is not there', 'url: http://a/w\nauthorization: {credentials_file: missing}'),
  remote('a client secret that is not there', OAUTH2_MISSING.replace(/^/, 'url: http://a/w\n')),
  remote(
    'two kinds of credentials',
    'url: http://a/w\nbasic_auth: {username: a}\nauthorization: {credentials: b}',
  ),
  remote('the header authorization', 'url: http://a/w\nheaders: {Authorization: x}'),
  remote('a header of the protocol', 'url: http://a/w\nheaders: {Content-Type: x}'),
  remote('relabelling that does nothing known', 'url: http://a/w\nwrite_relabel_configs: [{action: wash}]'),
  config(
    'remote write: two of one name',
    'remote_write: [{url: "http://a", name: x}, {url: "http://b", name: x}]\n',
  ),
];

export const DISCOVERY_CASES: readonly PromtoolCase[] = [
  job('targets over HTTP', 'http_sd_configs: [{url: "http://a/t"}]'),
  job('targets over HTTP without a URL', 'http_sd_configs: [{refresh_interval: 1m}]'),
  job('targets over HTTP with another scheme', 'http_sd_configs: [{url: "ftp://a/t"}]'),
  job(
    'targets over HTTP with a token that is not there',
    'http_sd_configs: [{url: "http://a/t", bearer_token_file: missing}]',
  ),
  job(
    'targets over HTTP with two kinds of credentials',
    'http_sd_configs: [{url: "http://a/t", bearer_token: a, basic_auth: {username: b}}]',
    [],
    {},
    true,
  ),
  job('targets by DNS', 'dns_sd_configs: [{names: [a]}]'),
  job('targets by DNS without a port', 'dns_sd_configs: [{names: [a], type: A}]'),
  job('targets by DNS without names', 'dns_sd_configs: [{type: SRV}]'),
  job('targets by DNS of a type that is none', 'dns_sd_configs: [{names: [a], type: TXT}]'),
  job('targets from Docker', 'docker_sd_configs: [{host: "unix:///var/run/docker.sock"}]'),
  job('targets from Docker without a host', 'docker_sd_configs: [{port: 80}]'),
  job('targets from a swarm', 'dockerswarm_sd_configs: [{host: "tcp://a:1", role: nodes}]'),
  job(
    'targets from a swarm of a role that is none',
    'dockerswarm_sd_configs: [{host: "tcp://a:1", role: pods}]',
  ),
  job(
    'targets from what there is not, with two tokens',
    'consul_sd_configs: [{server: a, bearer_token: a, bearer_token_file: b}]',
  ),
  job(
    'targets from what there is not',
    'consul_sd_configs: [{server: "a:8500", basic_auth: {username: a, password: b}}]',
    [],
    {},
    true,
  ),
  job('a client secret that is not there', OAUTH2_MISSING),
  job('OAuth 2 without a token URL', 'oauth2: {client_id: a, client_secret: b}'),
  job('a proxy', 'proxy_url: http://p:3128\nno_proxy: a.example', [], {}, true),
  job('a proxy and that of the environment', 'proxy_url: http://p:3128\nproxy_from_environment: true'),
  job('a header from a file that is not there', 'http_headers: {X-A: {files: [missing]}}', [], {}, true),
  job('a header that may not be set', 'http_headers: {Content-Length: {values: ["1"]}}', [], {}, true),
];
