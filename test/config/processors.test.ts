/** `trilite.processors`: what is read, what is refused and where, and that keys are not shown. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as yaml from 'yaml';
import { parseConfigFile } from '../../src/config/file.ts';
import { maskSecrets } from '../../src/config/masked.ts';

const parse = (rules: string, environment = {}) =>
  parseConfigFile('/etc/c.yml', `trilite:\n  processors:\n${rules.replace(/^/gm, '    ')}\n`, environment);
const action = (text: string, environment = {}) => parse(`- actions: [${text}]`, environment);
const rejects = (rules: string, message: RegExp) => assert.rejects(parse(rules), message);
const rejectsAction = (text: string, message: RegExp) => assert.rejects(action(text), message);

describe('processors', () => {
  it('are none where nothing is said of them', async () => {
    assert.deepEqual((await parseConfigFile('c.yml', 'trilite: {}\n', {})).processors, []);
  });

  it('are rules with conditions, tenants, signals and actions', async () => {
    const { processors, warnings } = await parse(`
- signals: [logs, traces]
  where: {service.name: "checkout.*", env: prod}
  tenants: [team-a]
  actions:
    - {set: deployment.environment, value: prod, if_missing: true}
    - {set: by, value: 7, at: item}
    - {rename: http.url, to: url.full}
    - {drop: [user.email, "http.request.header.*"]}
    - {drop: one}
    - {keep: ["http.*"]}
    - {hash: user.id, key_file: hash.key}
    - {redact: text, pattern: credit_card}
    - {redact: values, names: [url.full], pattern: 'token=\\w+', with: token=x}
- actions: [{drop_item: true}]`);
    assert.deepEqual(processors, [
      {
        signals: ['logs', 'traces'],
        where: [
          { name: 'service.name', pattern: 'checkout.*' },
          { name: 'env', pattern: 'prod' },
        ],
        tenants: ['team-a'],
        actions: [
          { kind: 'set', name: 'deployment.environment', value: 'prod', ifMissing: true, place: 'resource' },
          { kind: 'set', name: 'by', value: '7', ifMissing: false, place: 'item' },
          { kind: 'rename', from: 'http.url', to: 'url.full' },
          { kind: 'drop', names: ['user.email', 'http.request.header.*'] },
          { kind: 'drop', names: ['one'] },
          { kind: 'keep', names: ['http.*'] },
          { kind: 'hash', names: ['user.id'], key: { file: '/etc/hash.key' } },
          { kind: 'redact', reach: 'text', names: undefined, pattern: 'credit_card', replacement: '****' },
          {
            kind: 'redact',
            reach: 'values',
            names: ['url.full'],
            pattern: 'token=\\w+',
            replacement: 'token=x',
          },
        ],
      },
      {
        signals: ['metrics', 'logs', 'traces'],
        where: [],
        tenants: undefined,
        actions: [{ kind: 'drop_item' }],
      },
    ]);
    assert.deepEqual(warnings, []);
  });

  it('take a key from a variable, and warn where there is none', async () => {
    const { processors } = await action('{hash: a, key_env: KEY}', { KEY: 'k' });
    assert.deepEqual(processors[0]!.actions, [{ kind: 'hash', names: ['a'], key: { value: 'k' } }]);
    await rejectsAction('{hash: a, key_env: KEY}', /:3:\d+: .*key_env: the environment has no such variable/);
    const { warnings } = await action('{hash: a}');
    assert.match(warnings[0]!, /c\.yml:3:\d+: trilite\.processors\[0\]\.actions\[0\]\.hash has no key/);
  });

  it('say where something is wrong with them', async () => {
    await rejectsAction(
      '{redact: text, pattern: "a("}',
      /c\.yml:3:\d+: trilite\.processors\[0\]\.actions\[0\]\.pattern: .*missing closing \)/,
    );
    await rejectsAction('{redact: text, pattern: "x*"}', /matches empty text/);
    await rejectsAction('{redact: lines, pattern: x}', /expected one of text, values/);
    await rejectsAction('{redact: text, names: [a], pattern: x}', /text has no names/);
    await rejectsAction('{redact: text}', /"pattern" is missing/);
    await rejectsAction(`{redact: text, pattern: x, with: ${'y'.repeat(257)}}`, /longer than 256 bytes/);
    await rejectsAction(`{set: a, value: ${'y'.repeat(4097)}}`, /longer than 4096 bytes/);
    await rejectsAction('{set: "a*", value: x}', /expected one name/);
    await rejectsAction('{set: a}', /"value" is missing/);
    await rejectsAction('{drop: a, keep: b}', /drop and keep are actions of their own/);
    await rejectsAction('{drop: a, with: b}', /drop has no with/);
    await rejectsAction('{dorp: a}', /unknown key "dorp" .*did you mean "drop"/);
    await rejectsAction('{value: a}', /expected one of set, rename, drop/);
    await rejectsAction('{drop: __name__}', /a series needs its name/);
    await rejectsAction('{rename: __name__, to: x}', /a series needs its name/);
    await rejectsAction('{hash: __name__, key: x}', /a series needs its name/);
    await rejectsAction('{hash: a, key: x, key_file: y}', /expected one of key, key_file, key_env/);
    await rejectsAction('{drop_item: false}', /leave the action out/);
    await rejectsAction('{drop_item: true}, {drop: a}', /dropped as a whole/);
    await rejects('- actions: []', /one action at least/);
    await rejects('- {where: {a: "("}, actions: [{drop: a}]}', /where\.a: .*missing closing \)/);
    await rejects('- {where: {"a*": x}, actions: [{drop: a}]}', /conditions are on one name/);
    await rejects('- {signals: [spans], actions: [{drop: a}]}', /expected one of metrics, logs, traces/);
    await rejects('- {tenants: ["a b"], actions: [{drop: a}]}', /unsupported character/);
    await rejects('- {actoins: []}', /unknown key "actoins"/);
  });

  it('do not show their keys, and hide nothing else that is called so', () => {
    const text =
      'trilite:\n  processors:\n    - actions:\n        - {hash: [user.id], key: s3cret}\n  other: {key: shown}\n';
    const shown = maskSecrets(yaml, text);
    assert.ok(!shown.includes('s3cret'));
    assert.match(shown, /key: <secret>/);
    assert.match(shown, /key: shown/);
  });
});
