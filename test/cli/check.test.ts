/** `trilite check` and `trilite test rules`: recorded verdicts of a promtool, and what Trilite says beyond it. */

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { checkCommand } from '../../src/cli/check.ts';
import { checkMetrics } from '../../src/cli/check-metrics.ts';
import { junitXml } from '../../src/cli/junit.ts';
import { testCommand } from '../../src/cli/test.ts';
import { Authority } from '../support/certificates.ts';
import type { PromtoolCase } from './promtool/cases.ts';
import { difference, runTrilite, type Verdict } from './promtool/judge.ts';

const folder = mkdtempSync(join(tmpdir(), 'trilite-check-'));
after(() => rmSync(folder, { recursive: true }));

interface Recorded extends PromtoolCase {
  readonly verdict: Verdict;
}

const recorded = readFileSync(join(import.meta.dirname, 'promtool/recorded.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Recorded);

describe('what promtool said', () => {
  for (const one of recorded) {
    it(one.name, async () => {
      assert.equal(difference(one.args, one.verdict, await runTrilite(one)), undefined);
    });
  }
});

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

async function run(command: typeof checkCommand, args: readonly string[]) {
  const lines: string[] = [];
  const say = (line: string) => lines.push(line);
  const code = await command(args, { out: say, err: say });
  return { code, text: lines.join('\n') };
}

describe('trilite check rules', () => {
  it('reads LogQL where it is told to', async () => {
    const file = write(
      'logs.yml',
      `groups: [{name: g, rules: [{record: r, expr: 'sum(rate({a="b"} |= "x" [1m]))'}]}]`,
    );
    assert.equal((await run(checkCommand, ['rules', '--language', 'logql', file])).code, 0);
    const promql = await run(checkCommand, ['rules', file]);
    assert.equal(promql.code, 1);
    assert.match(promql.text, /logs\.yml: 1:\d+: group "g", rule 1, "r": could not parse expression: 1:/);
    await assert.rejects(run(checkCommand, ['rules', '--language', 'sql', file]), /expected promql or logql/);
  });

  it('takes globs that the shell has left alone', async () => {
    write('glob-1.yml', '');
    write('glob-2.yml', '');
    const { code, text } = await run(checkCommand, ['rules', join(folder, 'glob-*.yml')]);
    assert.equal(code, 0);
    assert.equal(text.match(/Checking/g)?.length, 2);
    await assert.rejects(run(checkCommand, ['rules', join(folder, 'none-*.yml')]), /there is no file/);
  });
});

describe('trilite check config', () => {
  it('reads what is Trilite’s own, with the rule files that are named there', async () => {
    write('own-rules.yml', `groups: [{name: g, rules: [{record: r, expr: 'rate({a="b"}[1m])'}]}]`);
    const rules = '[{language: logql, files: [own-rules.yml]}]';
    const good = await run(checkCommand, ['config', write('own.yml', `trilite: {rules: ${rules}}\n`)]);
    assert.equal(good.code, 0);
    assert.match(good.text, /SUCCESS: 1 rule files found[\s\S]*SUCCESS: 1 rules found/);
    const bad = await run(checkCommand, ['config', write('bad.yml', 'trilite: {http: 5}\n')]);
    assert.equal(bad.code, 1);
    assert.match(bad.text, /FAILED: .*bad\.yml:1:\d+: trilite\.http/);
  });

  it('warns of what has no effect', async () => {
    const file = write('warned.yml', 'storage: {exemplars: {max_exemplars: 5}}\n');
    const { code, text } = await run(checkCommand, ['config', file]);
    assert.equal(code, 0);
    assert.match(text, /WARNING: .*warned\.yml:1:\d+: storage\.exemplars\.max_exemplars has no meaning here/);
  });

  it('warns of files that requests would miss, whoever sends them', async () => {
    const file = write(
      'clients.yml',
      `scrape_configs:
- job_name: j
  basic_auth: {username: u, password_file: gone-1}
  http_sd_configs: [{url: 'http://a/', authorization: {credentials_file: gone-2}}]
  docker_sd_configs: [{host: 'http://a', http_headers: {X-Key: {files: [gone-3]}}}]
alerting: {alertmanagers: [{tls_config: {cert_file: gone-4, key_file: clients.yml}}]}
remote_write:
- {url: 'http://a/', oauth2: {client_id: c, client_secret_file: gone-5, token_url: 'http://t/', tls_config: {ca_file: gone-6}}}
- {url: 'http://b/', name: second, tls_config: {ca_file: gone-7}}
remote_read: [{url: 'http://a/', authorization: {credentials_file: gone-8}}]
`,
    );
    const { code, text } = await run(checkCommand, ['config', file]);
    assert.equal(code, 0);
    const missing = (name: string) => `cannot be read: stat ${join(folder, name)}: no such file or directory`;
    assert.deepEqual(text.match(/(?<=WARNING: ).*/g), [
      `basic auth password file of scrape job "j" ${missing('gone-1')}`,
      `authorization credentials or bearer token file of http_sd in scrape job "j" ${missing('gone-2')}`,
      `file of the header X-Key of docker_sd in scrape job "j" ${missing('gone-3')}`,
      `client cert file of alertmanager config ${missing('gone-4')}`,
      `oauth2 client secret file of remote_write 1 ${missing('gone-5')}`,
      `oauth2 ca file of remote_write 1 ${missing('gone-6')}`,
      `CA cert file of remote_write "second" ${missing('gone-7')}`,
      `authorization credentials or bearer token file of remote_read 1 ${missing('gone-8')}`,
    ]);
    assert.doesNotMatch((await run(checkCommand, ['config', '--syntax-only', file])).text, /WARNING/);
  });

  it('takes a client certificate for a cluster that is not there for a fault', async () => {
    const job = (more: string) =>
      write(
        'cluster.yml',
        `scrape_configs: [{job_name: j, kubernetes_sd_configs: [{role: pod, api_server: 'https://k', ${more}}]}]\n`,
      );
    const certificate = await run(checkCommand, [
      'config',
      job('tls_config: {cert_file: gone, key_file: cluster.yml}'),
    ]);
    assert.equal(certificate.code, 1);
    assert.match(certificate.text, /FAILED: error checking client cert file ".*gone": stat .*no such file/);
    const authority = await run(checkCommand, ['config', job('tls_config: {ca_file: gone}')]);
    assert.equal(authority.code, 0);
    assert.match(authority.text, /WARNING: CA cert file of kubernetes_sd in scrape job "j" cannot be read/);
  });

  it('tells the place of a fault in a file of targets', async () => {
    write('targets.yml', "- targets: ['a:1']\n- targets: ['b:1']\n  label: {}\n");
    const job = 'scrape_configs: [{job_name: j, file_sd_configs: [{files: [targets.yml]}]}]\n';
    const { code, text } = await run(checkCommand, ['config', write('with-targets.yml', job)]);
    assert.equal(code, 1);
    assert.match(text, /FAILED: checking SD file ".*targets\.yml": .*targets\.yml:3:3: unknown key "label"/);
  });
});

const PAGE = `# HELP a_total x
# TYPE a_total counter
a_total{le="1",fooBar="x"} 1
b_milliseconds 3
# HELP h_minutes y
# TYPE h_minutes histogram
h_minutes_bucket{le="1"} 1
h_minutes_bucket{le="+Inf"} 1
h_minutes_sum 1
h_minutes_count 1
# HELP c:x_gauge_ms y
# TYPE c:x_gauge_ms gauge
c:x_gauge_ms 1
c:x_gauge_ms 1
# HELP d z
# TYPE d counter
d 5
`;

describe('trilite check metrics', () => {
  const check = (page: string, options: { lints: boolean; isExtended: boolean }) => {
    const [out, err]: [string[], string[]] = [[], []];
    const output = { out: (line: string) => out.push(line), err: (line: string) => err.push(line) };
    return { code: checkMetrics(options, output, () => Buffer.from(page)), out, err };
  };

  it('says what promtool says of style', () => {
    assert.deepEqual(check(PAGE, { lints: true, isExtended: false }), {
      code: 3,
      out: [],
      err: [
        "a_total label names should be written in 'snake_case' not 'camelCase'",
        'a_total non-histogram metrics should not have "le" label',
        'b_milliseconds no help text',
        'b_milliseconds use base unit "seconds" instead of "milliseconds"',
        "c:x_gauge_ms metric name should not include type 'gauge'",
        "c:x_gauge_ms metric names should not contain ':'",
        'c:x_gauge_ms metric names should not contain abbreviated units',
        'c:x_gauge_ms metric not unique',
        'd counter metrics should have "_total" suffix',
        'h_minutes use base unit "seconds" instead of "minutes"',
      ],
    });
  });

  it('counts the series of each family', () => {
    const { code, out } = check(PAGE, { lints: false, isExtended: true });
    assert.equal(code, 0);
    assert.deepEqual(out.slice(0, 3), [
      'Metric            Cardinality    Percentage    ',
      'h_minutes         4              44.44%        ',
      'c:x_gauge_ms      2              22.22%        ',
    ]);
    assert.equal(out.at(-1), 'Total             9              100%          ');
  });

  it('fails where the page cannot be read, or nothing is asked for', () => {
    assert.equal(check('a 1\na{ 2\n', { lints: true, isExtended: false }).code, 1);
    assert.equal(check('', { lints: false, isExtended: false }).code, 1);
  });
});

describe('trilite check healthy', () => {
  it('asks the server', async () => {
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/base/-/healthy' ? 200 : 503;
      response.end('all well');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `127.0.0.1:${(server.address() as AddressInfo).port}/base/`;
    try {
      assert.deepEqual(await run(checkCommand, ['healthy', '--url', url]), {
        code: 0,
        text: '  SUCCESS:  all well',
      });
      const { code, text } = await run(checkCommand, ['ready', '--url', url]);
      assert.equal(code, 1);
      assert.match(text, /status=503/);
    } finally {
      server.close();
      server.closeAllConnections();
    }
    assert.equal((await run(checkCommand, ['healthy', '--url', url])).code, 1);
  });

  it('asks over TLS, and with --tls.insecure-skip-verify whatever the certificate is', async () => {
    const authority = new Authority();
    const server = createTlsServer(authority.pair, (_, response) => response.end('all well'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `--url=https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const strict = await run(checkCommand, ['ready', url]);
      assert.equal(strict.code, 1);
      assert.match(strict.text, /certificate/);
      assert.equal((await run(checkCommand, ['ready', url, '--tls.insecure-skip-verify'])).code, 0);
    } finally {
      server.close();
      server.closeAllConnections();
      authority.remove();
    }
  });
});

describe('trilite test rules', () => {
  const RULES = "groups: [{name: g, rules: [{alert: A, expr: 'm > 1'}]}]\n";
  const TEST = `rule_files: [unit-rules.yml]
tests:
- name: 'a <"good"> one'
  input_series: [{series: m, values: '2x3'}]
  alert_rule_test: [{eval_time: 1m, alertname: A, exp_alerts: [{}]}]
- name: a bad one
  input_series: [{series: m, values: '2x3'}]
  alert_rule_test: [{eval_time: 1m, alertname: A}]
`;

  it('writes JUnit’s XML', async () => {
    write('unit-rules.yml', RULES);
    const [file, junit] = [write('unit.yml', TEST), join(folder, 'junit.xml')];
    const { code } = await run(testCommand, ['--junit', junit, 'rules', file]);
    assert.equal(code, 1);
    const xml = readFileSync(junit, 'utf8')
      .replace(/timestamp="[^"]+"/, '')
      .replaceAll(folder, '');
    const begin = '<testsuites><testsuite name="/unit.yml" tests="2" failures="1" errors="0" skipped="0" >';
    assert.ok(xml.startsWith(begin), xml);
    assert.ok(xml.includes('<testcase name="a &lt;&#34;good&#34;&gt; one"></testcase>'), xml);
    assert.match(xml, /<failure> {4}name: a bad one,&#xA; {4}alertname: A, time: 1m, &#xA; {8}exp:\[\], /);
  });

  it('tells of a file that cannot be read as an error of its suite', () => {
    assert.equal(
      junitXml([{ name: 'x', timestamp: '', cases: [], error: 'no & such' }]),
      '<testsuites><testsuite name="x" tests="1" failures="0" errors="1" skipped="0" timestamp="">' +
        '<testcase name="unknown"><error>no &amp; such</error></testcase></testsuite></testsuites>',
    );
  });

  it('shows a difference line by line', async () => {
    write('unit-rules.yml', RULES);
    const { text } = await run(testCommand, ['rules', '--diff', write('unit.yml', TEST)]);
    assert.ok(text.includes('\u001b[32m+   Labels:{alertname="A"}\u001b[0m'), text);
  });

  it('prints everything that is there when it is asked', async () => {
    write('unit-rules.yml', RULES);
    const { text } = await run(testCommand, ['rules', '--debug', '--run', 'good', write('unit.yml', TEST)]);
    assert.ok(text.includes('{__name__="m"} =>\n2 @[0]\n2 @[60000]'), text);
    assert.ok(text.includes('{__name__="ALERTS", alertname="A", alertstate="firing"} =>\n1 @[0]'), text);
    assert.ok(!text.includes('bad one'));
  });

  it('leaves nothing behind where the results cannot be written', async () => {
    const file = write('unit.yml', TEST);
    const junit = join(folder, 'missing', 'junit.xml');
    await assert.rejects(run(testCommand, ['--junit', junit, 'rules', file]));
    assert.equal(existsSync(junit), false);
  });
});
