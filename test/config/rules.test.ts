/** Rule groups as YAML, and the section that names files of them. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { parseConfigFile } from '../../src/config/file.ts';
import { RULE_YAML } from '../../src/config/rule-group-yaml.ts';
import { readRuleFiles } from '../../src/config/rules-section.ts';

/** As a real Loki printed it for what is parsed below, but for what Loki forgets (`keep_firing_for` and so on). */
const PRINTED = `nz:
  - name: slash
    interval: 1m30s
    query_offset: 10s
    limit: 5
    rules:
      - alert: A
        expr: sum by (a) (rate({a="b"}[1m])) > 0
        for: 1m30s
        keep_firing_for: 5m
        labels:
          sev: page
          n: "5"
        annotations:
          summary: |-
            x {{ $labels.a }}
            second
      - record: a:b
        expr: |
          sum(rate({a="b"}[1m]))
    labels:
      x: y
`;
const POSTED = `{name: "slash", interval: 90s, limit: 5, query_offset: 10s, labels: {x: y}, rules: [
  {alert: A, for: 90s, keep_firing_for: 5m, labels: {sev: page, n: 5}, annotations: {summary: "x {{ $labels.a }}\\nsecond"}, expr: "sum by (a) (rate({a=\\"b\\"}[1m])) > 0"},
  {record: "a:b", expr: "sum(rate({a=\\"b\\"}[1m]))\\n"}], remote_write: [{url: x}]}`;

describe('a group as YAML', () => {
  it('is printed as it was read', () => {
    const group = RULE_YAML.parseGroup(POSTED);
    const text = RULE_YAML.print({ nz: [group] });
    assert.equal(text, PRINTED);
    const alone = RULE_YAML.print(group);
    assert.deepEqual(RULE_YAML.parseGroup(alone), group);
  });

  it('is refused where a member is of another kind', () => {
    const broken = [
      'x: [',
      '[1]',
      '{name: g, interval: 5x}',
      '{name: g, interval: 10}',
      '{name: g, rules: 1}',
    ];
    for (const text of broken) assert.throws(() => RULE_YAML.parseGroup(text), text);
  });
});

describe('a file of groups', () => {
  const parse = (text: string) => RULE_YAML.parseFile('rules.yml', text);

  it('is read strictly', () => {
    assert.throws(() => parse('groups:\n  - name: a\n    ruls: []\n'), {
      message: 'rules.yml: yaml: unmarshal errors:\n  line 3: field ruls not found in type rulefmt.RuleGroup',
    });
    assert.throws(
      () => parse('groups:\n  - name: a\n    rules: [{alert: A, for: soon}]\n'),
      /^ConfigError: rules.yml: 3:29: not a valid duration string: "soon"$/,
    );
  });

  it('may be empty', () => {
    assert.deepEqual(parse('').groups, []);
    assert.deepEqual(parse('groups:\n').groups, []);
  });

  it('knows where things stand', () => {
    const file = parse(
      'groups:\n  - name: a\n    rules:\n      - alert: A\n        expr: x\n        for: 1m\n',
    );
    const message = '';
    assert.equal(file.position(0, { message }), '2:5');
    assert.equal(file.position(0, { message, rule: 0, key: 'expr' }), '5:15');
    assert.equal(file.position(0, { message, rule: 0, key: 'forMs' }), '6:14');
    assert.equal(file.position(0, { message, rule: 0, key: 'record' }), '4:9');
  });
});

describe('trilite.rules', () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-rules-'));
  for (const name of ['b.yml', 'a.yml', 'c.txt']) fs.writeFileSync(path.join(dir, name), name);
  const sources = async (yaml: string) =>
    (await parseConfigFile(path.join(dir, 'config.yml'), `trilite:\n  rules:\n    - ${yaml}\n`, {}))
      .ruleSources;

  it('names files and globs, relative to the configuration', async () => {
    const [source] = await sources('{language: logql, files: [c.txt, "*.yml", a.yml]}');
    assert.deepEqual(
      readRuleFiles(source!).map(({ file, text }) => [path.relative(dir, file), text]),
      [
        ['c.txt', 'c.txt'],
        ['a.yml', 'a.yml'],
        ['b.yml', 'b.yml'],
      ],
    );
  });

  it('takes a glob that matches nothing, and refuses a file that is not there', async () => {
    const [source] = await sources('{language: promql, files: ["*.rules"]}');
    assert.deepEqual(readRuleFiles(source!), []);
    const [missing] = await sources('{language: logql, files: [none.yml]}');
    assert.throws(
      () => readRuleFiles(missing!),
      /^ConfigError: .*config\.yml:3:33: there is no file .*none\.yml$/,
    );
  });

  it('refuses other languages and keys', async () => {
    await assert.rejects(
      sources('{language: traceql, files: [a]}'),
      /expected one of logql, promql, got "traceql"/,
    );
    await assert.rejects(
      sources('{language: logql, paths: [a]}'),
      /unknown key "paths" in trilite.rules\[0\]/,
    );
    await assert.rejects(sources('{files: [a]}'), /"language" is missing/);
  });
});
