/**
 * Which discovery sections are taken and which are refused, case by case: the verdicts are those of the original's
 * `promtool check config`, which is asked again where it is installed.
 */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parseConfigFile } from '../../src/config/file.ts';
import { scrapeConfigYaml } from '../../src/config/scrape-config-yaml.ts';
import { skipUnless } from '../support/program.ts';
import { PROMTOOL, PROMTOOL_MISSING, promtoolIsSince, promtoolTakes } from '../support/promtool.ts';

interface Case {
  /** What stands in the job. */
  readonly text: string;
  /** Undefined: it is taken. */
  readonly refused?: RegExp;
  /** The first version of the original that knows the keys. */
  readonly since?: readonly [number, number];
  /** Why the original says otherwise. */
  readonly differs?: string;
}

const taken = (text: string, more: Partial<Case> = {}): Case => ({ text, ...more });
const refused = (text: string, why: RegExp, more: Partial<Case> = {}): Case => ({
  text,
  refused: why,
  ...more,
});

const CASES: readonly Case[] = [
  taken('file_sd_configs: []'),
  taken('file_sd_configs:'),
  taken('file_sd_configs: [{files: [a.json, b/*.yml, c.YAML]}]'),
  taken('file_sd_configs: [{files: ["a*b.json"], refresh_interval: 1h30m}]'),
  refused('file_sd_configs: [{}]', /must contain at least one path name/),
  refused('file_sd_configs: [{files: []}]', /must contain at least one path name/),
  refused('file_sd_configs: [{files: [a.txt]}]', /path name "a.txt" is not valid for file discovery/),
  refused('file_sd_configs: [{files: ["*/a.json"]}]', /is not valid for file discovery/),
  taken('file_sd_configs: [{files: ["a*b*.json"]}]'),
  refused('file_sd_configs: [{files: a.json}]', /expected a list/),
  refused('file_sd_configs: {files: [a.json]}', /expected a list/),
  refused('file_sd_configs: [{files: [a.json], refresh_interval: 5}]', /refresh_interval/),
  refused('file_sd_configs: [{files: [a.json], refresh_interval: 0s}]', /greater than 0/, {
    differs: 'it takes this and then ends with a panic',
  }),
  refused('file_sd_configs: [{files: [a.json], file: b}]', /unknown key "file"/),

  taken('http_sd_configs: [{url: "http://h/t"}]'),
  taken('http_sd_configs: [{url: "HTTPS://h:1/t?a=b", refresh_interval: 10s}]'),
  taken('http_sd_configs: [{url: "http://h", basic_auth: {username: u, password: p}}]'),
  taken('http_sd_configs: [{url: "http://h", authorization: {credentials: x}, follow_redirects: false}]'),
  taken('http_sd_configs: [{url: "http://h", tls_config: {insecure_skip_verify: true}}]'),
  refused('http_sd_configs: [{}]', /URL is missing/),
  refused('http_sd_configs: [{url: ""}]', /URL is missing/),
  refused('http_sd_configs: [{url: "ftp://h/t"}]', /URL scheme must be 'http' or 'https'/),
  refused('http_sd_configs: [{url: "h/t"}]', /URL scheme must be 'http' or 'https'/),
  refused('http_sd_configs: [{url: "http:///t"}]', /host is missing in URL/),
  refused('http_sd_configs: [{url: "http:h"}]', /host is missing in URL/),
  refused('http_sd_configs: [{url: "http://h:port/"}]', /url/),
  refused('http_sd_configs: [{url: "http://h", timeout: 5s}]', /unknown key "timeout"/),
  refused(
    'http_sd_configs: [{url: "http://h", basic_auth: {username: u}, authorization: {credentials: x}}]',
    /at most one of/,
    { since: [2, 54] },
  ),

  taken('dns_sd_configs: [{names: [_a._tcp.b]}]'),
  taken('dns_sd_configs: [{names: [a, b.c.], type: A, port: 9100, refresh_interval: 5s}]'),
  taken('dns_sd_configs: [{names: [a], type: aaaa, port: 1}]'),
  taken('dns_sd_configs: [{names: [a], type: Mx, port: 1}]'),
  taken('dns_sd_configs: [{names: [a], type: NS, port: 1}]', { since: [2, 50] }),
  taken('dns_sd_configs: [{names: [a], type: SRV, port: 70000}]'),
  refused('dns_sd_configs: [{}]', /must contain at least one SRV record name/),
  refused('dns_sd_configs: [{names: []}]', /must contain at least one SRV record name/),
  refused('dns_sd_configs: [{names: [a], type: A}]', /a port is required in DNS-SD configs/),
  refused('dns_sd_configs: [{names: [a], type: TXT, port: 1}]', /invalid DNS-SD records type TXT/),
  refused('dns_sd_configs: [{names: [a], type: "", port: 1}]', /invalid DNS-SD records type/),
  refused('dns_sd_configs: [{names: [a], type: A, port: x}]', /port/),
  refused('dns_sd_configs: [{names: a}]', /expected a list/),
  refused('dns_sd_configs: [{name: [a]}]', /unknown key "name"/),

  taken('docker_sd_configs: [{host: "unix:///var/run/docker.sock"}]'),
  taken('docker_sd_configs: [{host: "tcp://h:2375", port: 8080, host_networking_host: me}]'),
  taken('docker_sd_configs: [{host: "http://h:2375", match_first_network: false}]', { since: [2, 54] }),
  taken('docker_sd_configs: [{host: "https://h", filters: [{name: label, values: [a=b, c]}]}]'),
  taken('docker_sd_configs: [{host: "unix:///s", filters: [{name: a}]}]'),
  taken('docker_sd_configs: [{host: nonsense}]'),
  refused('docker_sd_configs: [{}]', /host missing/),
  refused('docker_sd_configs: [{host: ""}]', /host missing/),
  refused('docker_sd_configs: [{host: "unix:///s", hosts: x}]', /unknown key "hosts"/),
  refused('docker_sd_configs: [{host: "unix:///s", filters: {a: b}}]', /expected a list/),
  refused('docker_sd_configs: [{host: "unix:///s", match_first_network: 1}]', /true or false/, {
    since: [2, 54],
  }),

  taken('dockerswarm_sd_configs: [{host: "unix:///s", role: tasks}]'),
  taken(
    'dockerswarm_sd_configs: [{host: "http://h", role: nodes, port: 1, filters: [{name: a, values: [b]}]}]',
  ),
  refused('dockerswarm_sd_configs: [{role: tasks}]', /host missing/),
  refused('dockerswarm_sd_configs: [{host: "unix:///s"}]', /role missing/),
  refused('dockerswarm_sd_configs: [{host: "unix:///s", role: Tasks}]', /invalid role Tasks/),
  refused(
    'dockerswarm_sd_configs: [{host: "unix:///s", role: tasks, host_networking_host: x}]',
    /unknown key/,
  ),

  taken('static_configs: [{targets: [a, "b:1"], labels: {x: y}}]'),
  taken('static_configs: [{targets: []}]'),
  refused('static_configs: [{targets: ["http://a"]}]', /is not a valid hostname/),
  refused('static_configs: [{target: [a]}]', /unknown key "target"/),
  // Debian builds its Prometheus 2 without some of them.
  taken('consul_sd_configs: [{server: "c:8500", services: [a]}]', { since: [3, 0] }),
  refused('consul_sd_configs: {server: a}', /expected a list/),
];

const document = (text: string) => `scrape_configs:\n  - job_name: j\n    ${text}\n`;
const parse = (text: string) => parseConfigFile('c.yml', document(text), {});

describe('discovery in a configuration', () => {
  for (const { text, refused: why } of CASES) {
    it(`${why ? 'refuses' : 'takes'} ${text}`, async () => {
      if (why) await assert.rejects(parse(text), why);
      else await parse(text);
    });
  }

  it('is taken and refused as by the original', {
    skip: skipUnless(PROMTOOL !== undefined, PROMTOOL_MISSING),
  }, () => {
    const dir = mkdtempSync(join(tmpdir(), 'trilite-promtool-'));
    try {
      const wrong: string[] = [];
      for (const [i, { text, refused: why, since, differs }] of CASES.entries()) {
        if (differs !== undefined || (since && !promtoolIsSince(since))) continue;
        const file = join(dir, `${i}.yml`);
        writeFileSync(file, document(text));
        if (promtoolTakes(file, true) !== (why === undefined)) wrong.push(text);
      }
      assert.deepEqual(wrong, []);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it('is shown as YAML that reads back as the same', async () => {
    const [job] = (
      await parse(`http_sd_configs: [{url: "http://h/t", refresh_interval: 5s}]
    dns_sd_configs: [{names: [a.b], type: AAAA, port: 9}]
    docker_sd_configs: [{host: "unix:///s", filters: [{name: label, values: [a]}], match_first_network: false}]
    dockerswarm_sd_configs: [{host: "tcp://h:1", role: nodes}]
    file_sd_configs: [{files: [/t/a.json]}]
    static_configs: [{targets: [a]}]`)
    ).scrapeConfigs;
    const yaml = await scrapeConfigYaml(job!);
    const again = await parseConfigFile(
      'c.yml',
      `scrape_configs:\n${yaml.replace(/^/gm, '    ').replace('    job', '  - job')}`,
      {},
    );
    assert.deepEqual(again.scrapeConfigs[0], job);
  });

  it('of another kind is told in a warning that names what is asked, and no password', async () => {
    const { warnings } = await parse(`consul_sd_configs: [{server: "c:8500"}, {}]
    eureka_sd_configs: [{server: "http://u:secret@e/eureka"}]
    azure_sd_configs: []
    docker_sd_configs: [{host: nonsense}]`);
    assert.deepEqual(
      warnings.map((w) => w.replace(/^c\.yml:\d+:\d+: scrape_configs\[0\]\./, '')),
      [
        'azure_sd_configs looks for targets in Azure, which is not supported: they are missing',
        'consul_sd_configs looks for targets in Consul (server c:8500), which is not supported: they are missing',
        'eureka_sd_configs looks for targets in Eureka (server http://e/eureka), which is not supported: they are missing',
        'docker_sd_configs[0].host is none of unix:///PATH, tcp://HOST:PORT and an http(s) URL: there are no targets from it',
      ],
    );
  });
});
