/**
 * One prometheus.yml, two servers: Prometheus and Trilite find the same targets in files, behind HTTP and in DNS, with the same
 * labels before and after relabelling, at first and after everything has changed. Containers are compared with what promtool
 * finds, which has every mechanism also where the server was built with few.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { CONTAINERS, NETWORKS } from '../../support/docker-cases.ts';
import { FakeDns } from '../../support/fake-dns.ts';
import { freePort } from '../../support/free-port.ts';
import { eventually } from '../../support/poll.ts';
import { runProgram, skipUnless } from '../../support/program.ts';
import { PROMTOOL, PROMTOOL_MISSING, promtoolIsSince } from '../../support/promtool.ts';
import { startServer } from '../../support/server.ts';
import { SWARM } from '../../support/swarm-cases.ts';
import { FakeContainer, FakeDocker } from '../../tail/docker/fake-docker.ts';
import { PROMETHEUS, PROMETHEUS_MISSING, runPrometheus } from './run-prometheus.ts';

/** Of this machine, and nobody else's name server. */
const DNS_ADDRESS = '127.66.5.3';

/** A program after these has a `/etc/resolv.conf` of its own: the file that comes first. */
const OWN_RESOLV_CONF = ['unshare', '-m', 'sh', '-c', 'mount --bind "$0" /etc/resolv.conf && exec "$@"'];

interface ApiTarget {
  readonly discoveredLabels: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly scrapePool: string;
  readonly scrapeUrl?: string | undefined;
}

/** Set by versions that let relabelling switch histograms. */
const HISTOGRAM_SWITCHES = [
  ...['__scrape_native_histograms__', '__convert_classic_histograms_to_nhcb__'],
  '__always_scrape_classic_histograms__',
];

/** What is found, one text for each target; the dropped ones of Prometheus 2 do not say whose they are. */
async function found(base: string, withUrls = true): Promise<string[]> {
  const response = await fetch(`${base}/api/v1/targets`);
  const { data } = (await response.json()) as {
    data: { activeTargets: ApiTarget[]; droppedTargets: ApiTarget[] };
  };
  const text = (kind: string) => (target: ApiTarget) =>
    targetText(kind, withUrls ? target : { ...target, scrapeUrl: undefined });
  return [...data.activeTargets.map(text('active')), ...data.droppedTargets.map(text('dropped'))].sort();
}

function targetText(kind: string, { discoveredLabels, labels, scrapeUrl }: ApiTarget): string {
  const kept = Object.entries(discoveredLabels).filter(([name]) => !HISTOGRAM_SWITCHES.includes(name));
  // promtool shows those for the way, too.
  const visible = Object.entries(labels ?? {}).filter(([name]) => !name.startsWith('__'));
  return JSON.stringify([kind, kept.sort(), visible.sort(), scrapeUrl]);
}

function canReplaceResolvConf(dir: string): boolean {
  const probe = path.join(dir, 'probe');
  fs.writeFileSync(probe, 'nameserver 127.0.0.1\n');
  return spawnSync(OWN_RESOLV_CONF[0]!, [...OWN_RESOLV_CONF.slice(1), probe, 'true']).status === 0;
}

/** A name server where programs ask that are started with `launcher`; undefined where that cannot be had. */
async function ownDns(dir: string): Promise<{ dns: FakeDns; launcher: string[] } | undefined> {
  if (!canReplaceResolvConf(dir)) return undefined;
  const dns = new FakeDns();
  try {
    await dns.listen(53, DNS_ADDRESS);
  } catch {
    return undefined;
  }
  const conf = path.join(dir, 'resolv.conf');
  fs.writeFileSync(conf, `nameserver ${DNS_ADDRESS}\nsearch one.test two.test\n`);
  return { dns, launcher: [...OWN_RESOLV_CONF, conf] };
}

// Every address has a port: Prometheus 2 adds one.
function jobs(urlBase: string, withDns: boolean): object[] {
  const every = { refresh_interval: '1s' };
  return [
    {
      job_name: 'files',
      file_sd_configs: [{ files: ['targets/*.json', 'more.yml'], refresh_interval: '1h' }],
      relabel_configs: [{ source_labels: ['drop_me'], regex: 'yes', action: 'drop' }],
    },
    {
      job_name: 'http',
      http_sd_configs: [
        { url: `${urlBase}/one`, ...every },
        { url: `${urlBase}/two`, ...every },
      ],
      relabel_configs: [{ source_labels: ['__meta_url'], target_label: 'from' }],
    },
    // The same as another job's, asked for once.
    { job_name: 'http again', metrics_path: '/m', http_sd_configs: [{ url: `${urlBase}/one`, ...every }] },
    ...(withDns
      ? [
          {
            job_name: 'srv',
            dns_sd_configs: [{ names: ['_m._tcp.svc', 'gone.test', 'bad.test.'], ...every }],
          },
          {
            job_name: 'a',
            dns_sd_configs: [
              { names: ['h.test'], type: 'A', port: 9100, ...every },
              { names: ['h.test'], type: 'AAAA', port: 9100, ...every },
              { names: ['m.test'], type: 'MX', port: 25, ...every },
            ],
          },
        ]
      : []),
  ];
}

test('Prometheus and Trilite discover the same targets', {
  timeout: 120_000,
  skip: skipUnless(PROMETHEUS !== undefined, PROMETHEUS_MISSING),
}, async (t) => {
  const ends: (() => unknown)[] = [];
  t.after(async () => {
    for (const end of ends.reverse()) await end();
  });
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-discovery-'));
  ends.push(() => fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));

  const answers: Record<string, unknown> = {
    '/one': [
      { targets: ['h1:1', 'h2:2'], labels: { env: 'a', job: 'own', empty: '' } },
      { targets: ['h3:3'] },
    ],
    '/two': [{ targets: ['t1:1'] }],
  };
  const web = createServer((request, response) => {
    const answer = answers[request.url!];
    response.writeHead(answer === undefined ? 500 : 200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(answer ?? ''));
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  ends.push(() => web.close());
  ends.push(() => web.closeAllConnections());
  const own = await ownDns(dir);
  if (own) ends.push(() => own.dns.close());
  else t.diagnostic('without DNS: only root in a namespace of its own can set the name server');

  const targetsDir = path.join(dir, 'targets');
  fs.mkdirSync(targetsDir);
  const write = (name: string, text: string): void => {
    fs.writeFileSync(`${path.join(dir, name)}.tmp`, text);
    fs.renameSync(`${path.join(dir, name)}.tmp`, path.join(dir, name));
  };
  write('targets/a.json', '[{"targets": ["f1:1", "f2:2"], "labels": {"v": "1.0"}}, {"targets": ["f1:1"]}]');
  write('targets/b.json', '[{"targets": ["d1:1"], "labels": {"drop_me": "yes"}}]');
  write('more.yml', '- targets: ["y1:1"]\n  labels: {v: 1.0, w: 0x10, __metrics_path__: /other}\n');
  const dns = own?.dns;
  dns?.zone.set('SRV _m._tcp.svc.two.test.', [
    { type: 'SRV', data: '0 0 9090 p1.test.' },
    { type: 'SRV', data: '0 0 9091 p2.test.' },
  ]);
  dns?.zone.set('SRV gone.test.', [{ type: 'SRV', data: '0 0 1 g.test.' }]);
  dns?.zone.set('SRV bad.test.', [{ type: 'SRV', data: '0 0 1 b.test.' }]);
  dns?.zone.set('A h.test.', [
    { type: 'CNAME', data: 'i.test.' },
    { type: 'A', data: '10.0.0.1', owner: 'i.test.' },
  ]);
  dns?.zone.set('AAAA h.test.', [{ type: 'AAAA', data: '2001:0db8:0000:0000:0000:0000:0000:0001' }]);
  dns?.zone.set('MX m.test.', [{ type: 'MX', data: '10 mail.test.' }]);

  const urlBase = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
  const config = JSON.stringify({
    global: { scrape_interval: '1h' },
    scrape_configs: jobs(urlBase, own !== undefined),
  });
  const launcher = own?.launcher ?? [];
  const port = await freePort();
  const { base, program } = await runPrometheus({ dir, port, config, flags: [], launcher });
  ends.push(() => program.stop('SIGKILL'));
  const server = await startServer({
    dataDir: path.join(dir, 'data'),
    // The same file, so that paths stand relative to the same folder.
    args: ['--config', path.join(dir, 'prometheus.yml')],
    launcher,
  });
  ends.push(() => server.stop('SIGKILL'));

  const same = (reached: (all: readonly string[]) => boolean, what: string) =>
    eventually(async () => {
      const expected = await found(base);
      assert.ok(reached(expected), `${what}: ${expected.join('\n')}`);
      assert.deepEqual(await found(server.base), expected);
    }, 40_000);
  const has = (all: readonly string[], text: string) => all.some((target) => target.includes(text));

  const names = ['f1:1', 'd1:1', 'y1:1', 'h3:3', 't1:1'];
  if (own) names.push('p2.test:9091', 'g.test', 'b.test', '10.0.0.1', '[2001:db8::1]', 'mail.test:25');
  await same((all) => names.every((name) => has(all, name)), 'at first');

  write('targets/a.json', '[{"targets": ["f3:3"]}]');
  write('targets/b.json', '[{"targets": ["d2:1"], "lables": {}}]');
  fs.rmSync(path.join(dir, 'more.yml'));
  answers['/one'] = [{ targets: ['h9:9'] }];
  answers['/two'] = undefined;
  dns?.zone.set('SRV _m._tcp.svc.two.test.', [{ type: 'SRV', data: '0 0 9092 p3.test.' }]);
  dns?.zone.delete('SRV gone.test.');
  dns?.zone.set('SRV bad.test.', 'servfail');
  dns?.zone.set('A h.test.', []);
  const gone = ['f1:1', 'y1:1', 'h3:3', 'p2.test', 'g.test', '10.0.0.1'];
  const kept = ['f3:3', 'd1:1', 'h9:9', 't1:1', ...(own ? ['p3.test:9092', 'b.test', '[2001:db8::1]'] : [])];
  await same(
    (all) => kept.every((name) => has(all, name)) && !gone.some((name) => has(all, name)),
    'after changes',
  );
});

/** Shared networks, IPv6 and the first network are of later versions than that. */
const DOCKER_SINCE = [3, 0] as const;

test('promtool and Trilite discover the same containers and the same of a swarm', {
  timeout: 120_000,
  skip:
    skipUnless(PROMTOOL !== undefined, PROMTOOL_MISSING) ||
    (promtoolIsSince(DOCKER_SINCE) ? false : 'this promtool discovers containers as older versions did'),
}, async (t) => {
  const ends: (() => unknown)[] = [];
  t.after(async () => {
    for (const end of ends.reverse()) await end();
  });
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-discovery-'));
  ends.push(() => fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  const docker = new FakeDocker();
  docker.networks = NETWORKS;
  docker.lists = SWARM;
  for (const summary of CONTAINERS) docker.add(new FakeContainer(summary));
  const socket = path.join(dir, 'docker.sock');
  await docker.listen(socket);
  ends.push(() => docker.close());
  const host = { host: `unix://${socket}`, refresh_interval: '5s' };
  const relabel_configs = [
    { source_labels: ['__meta_docker_container_name'], regex: '/udp.*', action: 'drop' },
    { regex: '__meta_docker_(container_label_.+|network_name)', action: 'labelmap' },
  ];
  const scrape_configs = [
    {
      job_name: 'docker',
      docker_sd_configs: [{ ...host, host_networking_host: 'me:1', port: 8000 }],
      relabel_configs,
    },
    { job_name: 'all', docker_sd_configs: [{ ...host, match_first_network: false }] },
    ...['services', 'tasks', 'nodes'].map((role) => ({
      job_name: `swarm ${role}`,
      dockerswarm_sd_configs: [{ ...host, role, port: 9323 }],
    })),
  ];
  const file = path.join(dir, 'prometheus.yml');
  fs.writeFileSync(file, JSON.stringify({ scrape_configs }));
  const server = await startServer({ dataDir: path.join(dir, 'data'), args: ['--config', file] });
  ends.push(() => server.stop('SIGKILL'));

  const expected: string[] = [];
  for (const { job_name } of scrape_configs) {
    const args = ['check', 'service-discovery', '--timeout=3s', file, job_name];
    const output = await runProgram(PROMTOOL!, args);
    const results = JSON.parse(output) as {
      discoveredLabels: ApiTarget['discoveredLabels'];
      labels?: ApiTarget['labels'];
    }[];
    for (const { discoveredLabels, labels = {} } of results) {
      const kind = Object.keys(labels).length > 0 ? 'active' : 'dropped';
      expected.push(targetText(kind, { discoveredLabels, labels, scrapePool: job_name }));
    }
  }
  assert.ok(expected.length > 35, expected.join('\n'));
  await eventually(async () => assert.deepEqual(await found(server.base, false), expected.sort()));
});
