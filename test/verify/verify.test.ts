/** `trilite verify` whole: a command that sends telemetry, a database, cases of OATS; exit codes, and what is said. */

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, it } from 'node:test';
import { verifyCommand } from '../../src/cli/verify.ts';
import { VERIFY_EXAMPLE } from '../../src/cli/verify-example.ts';
import { freePort } from '../support/free-port.ts';

const EMIT = [process.execPath, path.join(import.meta.dirname, 'emit.mjs')];
const folder = mkdtempSync(path.join(os.tmpdir(), 'trilite-verify-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text?: string): string {
  const full = path.join(folder, name);
  if (text !== undefined) writeFileSync(full, text);
  return full;
}

async function verify(...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await verifyCommand(
    argv,
    { out: (line) => out.push(line), err: (line) => err.push(line) },
    {},
  );
  return { code, out: out.join('\n'), err: err.join('\n') };
}

const DATABASE = file('run.db');

it('starts a Trilite for a command, checks what it sent, and keeps the database', async () => {
  const example = file('example.yaml', VERIFY_EXAMPLE.replace('for: 2s', 'for: 100ms'));
  const junit = file('junit.xml');
  const told = await verify(example, '--junit', junit, '--snapshot', DATABASE, '--', ...EMIT);
  assert.equal(told.code, 0, told.out);
  assert.match(told.out, /✓ the order is logged \(.*\n[\s\S]*all 5 hold/);
  assert.match(readFileSync(junit, 'utf8'), /tests="5" failures="0".*<testcase name="nothing panics">/);
  assert.ok(existsSync(DATABASE));
});

it('says what was found instead', async () => {
  const wrong = file(
    'wrong.yaml',
    `expectations:
  - traceql: '{ resource.service.name = "shoop" }'
  - {name: all 201, traceql: '{ }', every: {attributes: {http.response.status_code: 201}}}
  - promql: order_total
  - promql: orders_total
    value: '> 100'
  - logql: '{service_name="shop"}'
    absent: true
  - logql: '{service_name='
`,
  );
  const { code, out } = await verify(wrong, '--github', '--data', DATABASE);
  assert.equal(code, 1);
  assert.match(out, /found nothing\n {4}services that have spans: shop/);
  assert.match(out, /http.response.status_code is "200", not "201", of "POST \/checkout" \{/);
  assert.match(out, /the nearest metrics are orders_total/);
  assert.match(out, /value 3 is not > 100, of orders_total\{currency="eur", job="shop"\} 3/);
  assert.match(out, /expected none, found 1 line:\n {6}"order 42 taken"/);
  assert.match(out, /the query failed: parse error/);
  assert.match(out, /::error file=\S+wrong.yaml,line=3,title=all 201::of 1 found, 1 is not as expected:%0A/);
  assert.match(out, /6 of 6 do not hold/);
});

it('ends with the code of a command that failed, and puts JSON alone on stdout', async () => {
  const fine = file('fine.yaml', `expectations: [{logql: '{service_name="shop"}'}]`);
  const { code, out, err } = await verify(fine, '--json', '--', 'sh', '-c', `"$@"; exit 7`, '-', ...EMIT);
  assert.equal(code, 7);
  const report = JSON.parse(out);
  assert.deepEqual([report.holds, report.expectations, report.results[0].line], [true, 1, 1]);
  assert.match(err, /the command ended with 7/);
});

it('refuses what it cannot read, and says where; a server that is not there is another code', async () => {
  const misspelt = file('misspelt.yaml', 'expectations:\n  - promql: up\n    valu: 3\n');
  await assert.rejects(
    verify(misspelt),
    /misspelt.yaml:3:5: unknown key "valu" in expectations\[0\]; did you mean "value"/,
  );
  await assert.rejects(verify('/nowhere.yaml'), { name: 'ConfigError' });
  await assert.rejects(verify(file('fine.yaml'), '--start', '--data', 'x'), /contradict/);
  const url = `http://127.0.0.1:${await freePort()}`;
  assert.equal((await verify(file('fine.yaml'), '--url', url)).code, 3);
});

it('runs cases of OATS with the application that the command is', async () => {
  const port = String(await freePort());
  const good = file(
    'oats-case.yaml',
    `name: checkout
fixture: {compose: {file: docker-compose.yml, app_service: shop, app_port: 8080}}
input: [{path: /checkout, method: POST, status: "201", body: '{}'}]
expected:
  traces:
    - traceql: '{ span.http.route = "/checkout" }'
      match_spans:
        - {match_type: regexp, name: '^POST /.*$', attributes: [{key: service.name, value: shop}, {key: http.route}]}
      count: '== 1'
  metrics: [{promql: 'orders_total{service_name="shop"}', value: '>= 3'}]
  logs: [{logql: '{service_name="shop"}', contains: order 42, not_contains: panic, regex: 'order \\d+'}]
  custom-checks: [{script: "#!/bin/sh\\ntest -n \\"$OATS_OTLP_HTTP\\"\\n"}]
`,
  );
  const command = ['--app-url', `http://127.0.0.1:${port}`, '--', 'env', `PORT=${port}`, ...EMIT];
  const told = await verify(good, ...command);
  assert.equal(told.code, 0, told.out);
  assert.match(told.out, /all 4 hold/);
});

it('tells what of an OATS case does not hold in its words, and what is not run', async () => {
  const bad = file(
    'bad-case.yaml',
    `name: seeded
seed: {type: inline-otlp, logs: [{service: seeded, body: a line}], metrics: [{service: seeded, name: made, value: 42}]}
expected:
  logs:
    - {logql: '{service_name="seeded"}', contains: needle}
    - {logql: '{service_name="seeded"}', absent: true}
  metrics: [{promql: 'made_total{service_name="seeded"}', value: '> 100'}]
  profiles: [{query: 'process_cpu:cpu:nanoseconds:cpu:nanoseconds{}', contains: main}]
`,
  );
  const { code, out } = await verify(bad, '--start', '--timeout', '300ms', '--absent-timeout', '300ms');
  assert.equal(code, 1);
  assert.match(out, /contains: substring "needle" not found/);
  assert.match(out, /absent: expected zero results, got 1/);
  assert.match(out, /value: expected value > 100, got 42/);
  assert.match(out, /profiles .*: not supported, not run/);
  const input = file(
    'no-app.yaml',
    'name: a\ninput: [{path: /x}]\nexpected: {logs: [{logql: "{a=\\"b\\"}"}]}\n',
  );
  assert.match(
    (await verify(input, '--start')).out,
    /GET \/x was not sent: where the application is has to be said/,
  );
  const legacy = file('legacy.yaml', 'oats-schema-version: 2\nexpected: {}\n');
  await assert.rejects(verify(legacy), /schema 2 is not read: "oats migrate"/);
});
