/**
 * A recognisable secret in every setting that may hold one, each with a number of its own: none of them shows in anything that the
 * server answers, logs at any level, or tells of itself, be it that what they are for fails.
 */

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { parseConfigFile } from '../../src/config/file.ts';
import { ask, askStatus, type GuardedServer, guardedServer } from '../support/guarded-server.ts';
import { eventually } from '../support/poll.ts';

const MARK = 'hunter2n';
let count = 0;
const secret = () => `${MARK}${++count}`;
/** Nobody listens there. */
const NOWHERE = '127.0.0.1:9';

const PEM = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
}).privateKey;
/** What of it no answer has by chance. */
const PEM_MARK = PEM.split('\n')[3]!;

/** Client blocks of which each has some of what may be secret: not all of it goes together. */
function clients(): readonly string[] {
  const common = `proxy_url: "http://p:${secret()}@${NOWHERE}", proxy_connect_header: { X-P: [${secret()}] }, http_headers: { X-S: { secrets: [${secret()}], values: [${secret()}] } }`;
  const oauth2 = `client_id: c, token_url: "http://t:${secret()}@${NOWHERE}/token", endpoint_params: { password: ${secret()} }`;
  const key = JSON.stringify(PEM);
  return [
    `basic_auth: { username: u, password: ${secret()} }, ${common}`,
    `authorization: { credentials: ${secret()} }, ${common}`,
    `bearer_token: ${secret()}`,
    `oauth2: { ${oauth2}, client_secret: ${secret()} }`,
    `oauth2: { ${oauth2}, grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", client_certificate_key: ${key} }`,
    `tls_config: { cert: "c", key: ${key} }`,
  ];
}

const each = (line: (client: string, i: number) => string) => clients().map(line).join('\n');

const CONFIG = `
scrape_configs:
${each((client, i) => `  - { job_name: j${i}, scrape_interval: 1s, scrape_timeout: 1s, static_configs: [{ targets: ["${NOWHERE}"] }], ${client} }`)}
${each((client, i) => `  - { job_name: d${i}, http_sd_configs: [{ url: "http://u:${secret()}@${NOWHERE}/sd", ${client} }] }`)}
  - job_name: containers
    docker_sd_configs: [{ host: "http://u:${secret()}@${NOWHERE}" }]
    dockerswarm_sd_configs: [{ role: nodes, host: "http://u:${secret()}@${NOWHERE}" }]
  - job_name: clouds
    consul_sd_configs: [{ server: "http://c:${secret()}@${NOWHERE}", token: ${secret()}, password: ${secret()} }]
    ec2_sd_configs: [{ region: r, secret_key: ${secret()} }]
    openstack_sd_configs: [{ region: r, role: instance, password: ${secret()}, application_credential_secret: ${secret()} }]
    ovhcloud_sd_configs: [{ endpoint: e, application_secret: ${secret()}, consumer_key: ${secret()} }]
    marathon_sd_configs: [{ servers: [s], auth_token: ${secret()} }]
    stackit_sd_configs: [{ project: p, private_key: ${secret()}, service_account_key: ${secret()} }]
remote_write:
${each((client, i) => `  - { url: "http://u:${secret()}@${NOWHERE}/w${i}", headers: { X-Key: ${secret()} }, ${client} }`)}
remote_read:
${each((client, i) => `  - { url: "http://u:${secret()}@${NOWHERE}/r${i}", headers: { X-Key: ${secret()} }, ${client} }`)}
alerting:
  alertmanagers:
${each((client) => `    - { static_configs: [{ targets: ["${NOWHERE}"] }], ${client} }`)}
trilite:
  tail:
    clients:
${each((client, i) => `      - { url: "http://u:${secret()}@${NOWHERE}/t${i}", headers: { X-Key: ${secret()} }, ${client} }`)}
    scrape_configs: []
  auth:
    users:
      - { username: a, password: ${secret()}, scopes: [read] }
      - { username: b, password_hash: "$2y$05$${secret().padEnd(53, 'x')}", scopes: [read] }
    tokens:
      - { name: all, token: ${secret()}, scopes: [ingest, read, admin] }
`;
/** The last of them is ours to ask with. */
const TOKEN = `${MARK}${count}`;

describe('secrets of the configuration', () => {
  let own: GuardedServer;
  let port: number;
  const headers = { authorization: `Bearer ${TOKEN}` };
  const clean = (text: string, where: string) => {
    const found = new RegExp(`.{0,80}${MARK}\\d+`).exec(text)?.[0];
    assert.equal(found, undefined, where);
    assert.ok(!text.includes(PEM_MARK), where);
  };

  before(async () => {
    own = await guardedServer('', await parseConfigFile('/nowhere/trilite.yml', CONFIG, {}));
    own.running.begin();
    port = own.running.http[0]!.port;
  });
  after(() => own?.running.stop());

  const get = async (path: string) => (await ask(port, 'GET', path, headers)).body;

  test('are in its text, so that there is something to find', async () => {
    assert.ok(count > 100, String(count));
    assert.ok(new RegExp(`${MARK}\\d`).test(CONFIG));
    assert.equal(await askStatus(port, 'GET', '/metrics', headers), 200);
  });

  test('do not show in what fails for want of a server', async () => {
    await eventually(async () => {
      const { activeTargets } = JSON.parse(await get('/api/v1/targets')).data;
      assert.equal(activeTargets.length, 6);
      for (const { lastError, scrapePool } of activeTargets) assert.notEqual(lastError, '', scrapePool);
    }, 30_000);
    const entry = JSON.stringify({
      streams: [{ stream: { a: 'b' }, values: [[`${Date.now()}000000`, 'x']] }],
    });
    await ask(port, 'POST', '/loki/api/v1/push', { ...headers, 'content-type': 'application/json' }, entry);
    clean(await get('/api/v1/targets'), 'targets');
    clean(await get('/api/v1/query?query=up'), 'a query that remotes do not answer');
  });

  test('show in no answer at all', async () => {
    const { http } = await own.running.served();
    const query = 'query=up&match[]=up&start=0&end=1&step=1';
    const asked = http.filter(({ method, path }) => method === 'GET' && !path.endsWith('/live'));
    for (const { path } of asked) {
      const at = path.replace(/:\w+/g, 'x');
      clean(await get(at), at);
      clean(await get(`${at}?${query}`), `${at}?${query}`);
    }
    const pools = JSON.parse(await get('/api/v1/scrape_pools')).data.scrapePools as string[];
    assert.equal(pools.length, 14);
    for (const pool of pools) clean(await get(`/api/v1/scrape_pools/config?scrapePool=${pool}`), pool);
    for (const path of ['/api/v1/notifications', '/status/config', '/api/v1/status/flags', '/metrics']) {
      assert.notEqual(await get(path), '', path);
    }
    assert.match(await get('/api/v1/status/config'), /<secret>/);
  });

  test('show in no refusal', async () => {
    for (const authorization of [`Bearer x${TOKEN}`, `Basic ${btoa(`a:x${TOKEN}`)}`, `x ${TOKEN}`]) {
      clean((await ask(port, 'GET', '/api/v1/query?query=up', { authorization })).body, authorization);
    }
  });

  test('show in no line of the log', async () => {
    // What is said while the server stops is looked at too.
    await own.running.stop();
    assert.match(own.log(), /level=debug|level=warn/);
    clean(own.log(), 'log');
  });
});
