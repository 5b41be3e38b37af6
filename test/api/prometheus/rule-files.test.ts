/** `rule_files` of a prometheus.yml on the running program: found, checked, evaluated and shown. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { getJson, promInstant } from '../../support/http-api.ts';
import { eventually } from '../../support/poll.ts';
import { startServer, type TestServer } from '../../support/server.ts';

const TIMEOUT = { timeout: 120_000 };
const RULES = `groups:
  - name: first
    interval: 200ms
    labels: {team: a}
    rules:
      - {record: two, expr: vector(2)}
      - alert: Up
        expr: two > 1
        annotations: {text: '{{ query "two" | first | value }} at {{ externalURL }}{{ pathPrefix }} of {{ $externalLabels.dc }}'}
      - {record: many, expr: 'two[5m]'}
`;
const CONFIG = `global: {external_labels: {dc: eu}}
rule_files: [rules/*.yml, missing.yml]
`;

interface Group {
  readonly name: string;
  readonly file: string;
  readonly rules: readonly {
    readonly name: string;
    readonly health: string;
    readonly lastError?: string;
    readonly labels: object;
    readonly alerts?: readonly { readonly annotations: object; readonly value: string }[];
  }[];
}

describe('rule_files', TIMEOUT, () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-rule-files-'));
  const config = path.join(dir, 'prometheus.yml');
  const file = path.join(dir, 'rules', 'a.yml');
  const start = () =>
    startServer({
      dataDir: path.join(dir, 'data'),
      args: ['--config', config, '--web.external-url', 'http://p.example/x/'],
    });
  let server: TestServer;
  before(async () => {
    fs.mkdirSync(path.dirname(file));
    fs.writeFileSync(config, CONFIG);
    fs.writeFileSync(file, RULES);
    server = await start();
  });
  after(async () => {
    await server.stop('SIGKILL');
    fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });

  it('are evaluated, under the names of their files', async () => {
    await eventually(async () => {
      const answer = await getJson<{ data: { groups: Group[] } }>(server.base, '/api/v1/rules');
      const [group] = answer.data.groups;
      assert.equal(group?.file, file);
      const [two, up, many] = group.rules;
      assert.deepEqual([two!.health, two!.labels], ['ok', { team: 'a' }]);
      const [alert] = up!.alerts!;
      assert.deepEqual(alert?.annotations, { text: '2 at http://p.example/x/x of eu' });
      assert.equal(alert?.value, '2e+00');
      assert.equal(many!.lastError, 'rule result is not a vector or scalar');
      // Not before the third evaluation.
      assert.equal((await promInstant(server.base, 'ALERTS{team="a",alertstate="firing"}')).length, 1);
    });
  });

  it('may name what is not there, of which the log tells', () => {
    assert.match(server.stderr(), /prometheus\.yml:2:\d+: there is no file .*missing\.yml/);
  });

  it('have metrics by the names of the original', async () => {
    const text = await (await fetch(`${server.base}/metrics`)).text();
    const group = `${file};first`;
    assert.ok(text.includes(`prometheus_rule_group_interval_seconds{rule_group="${group}"} 0.2\n`));
    assert.match(text, /^prometheus_rule_evaluation_duration_seconds\{quantile="0.99"\} \d/m);
  });

  it('keep the server from starting where they are wrong, every fault with its place', async () => {
    await server.stop('SIGKILL');
    fs.writeFileSync(file, 'groups:\n- name: g\n  rules:\n  - expr: sum(\n  - {record: a-b, expr: "1 +"}\n');
    await assert.rejects(start(), (error: Error) => {
      assert.ok(error.message.startsWith('exited with 2: '), error.message);
      const faults = error.message.split('\ntrilite: ')[1]!.trim().split('\n');
      assert.deepEqual(faults, [
        `${file}: 4:5: group "g", rule 1, "": one of 'record' or 'alert' must be set`,
        `${file}: 4:11: group "g", rule 1, "": could not parse expression: 1:5: parse error: unclosed left parenthesis`,
        `${file}: 5:25: group "g", rule 2, "a-b": could not parse expression: 1:4: parse error: unexpected end of input`,
      ]);
      return true;
    });
    fs.writeFileSync(config, 'rule_files: [a/*/b.yml]\n');
    await assert.rejects(
      start(),
      /prometheus\.yml:1:14: rule_files\[0\]: invalid rule file path "a\/\*\/b.yml"/,
    );
  });
});
