/** Lists of target groups are read as strictly as by the original, which is asked where it is installed. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseTargetYaml } from '../../../src/config/target-yaml.ts';
import { parseTargetFile } from '../../../src/scrape/discovery/file.ts';
import { skipUnless } from '../../support/program.ts';
import { PROMTOOL, PROMTOOL_MISSING, promtoolIsSince, promtoolTakes } from '../../support/promtool.ts';

const parse = (name: string, text: string) => parseTargetFile(name, text, parseTargetYaml);

/** Documents and, where they are refused, why. */
const YAML: readonly (readonly [text: string, refused?: RegExp])[] = [
  ['- targets: [a, "b:1"]\n  labels: {x: y}\n'],
  ['[]'],
  [''],
  ['null'],
  ['# nothing\n'],
  ['- targets:\n  labels:\n'],
  ['- {}'],
  ['- targets: [1, 2.0, yes]\n  labels: {a: 1.0, b: true, c: }\n'],
  ['- &a\n  targets: [a]\n- *a\n'],
  ['- targets: [a]\n  labels: {"a.b": c, "ü": d}\n'],
  ['- null', /nil target group item found/],
  ['-', /nil target group item found/],
  ['- a', /group 0: expected a mapping, got "a"/],
  ['targets: [a]', /expected a list of target groups, got a mapping/],
  ['text', /expected a list of target groups, got "text"/],
  ['- targets: a', /group 0: targets: expected a list/],
  ['- targets: [[a]]', /group 0: targets: expected a string, got a list/],
  ['- targets: [{a: b}]', /got a mapping/],
  ['- targets: [a]\n  labels: [a]', /labels: expected a mapping/],
  ['- targets: [a]\n  labels: {a: [b]}', /label "a": expected a string/],
  ['- targets: [a]\n  labels: {"": b}', /is not a valid label name/],
  ['- targets: [a]\n  label: {a: b}', /unknown field "label"/],
  ['- Targets: [a]', /unknown field "Targets"/],
  ['- targets: [a]\n  targets: [b]', /unique/],
  ['- targets: [a', /./],
];

const JSON_TEXTS: readonly (readonly [text: string, refused?: RegExp])[] = [
  ['[{"targets": ["a", "b:1"], "labels": {"x": "y"}}]'],
  ['[]'],
  ['null'],
  [' [ {"targets": null, "labels": null} ]\n'],
  ['[{}]'],
  ['[{"TARGETS": ["a"], "Labels": {"a": "b"}}]'],
  ['[{"targets": ["a"], "targets": ["b"]}]'],
  ['[{"targets": ["a"], "labels": {"a": null, "a.b": ""}}]'],
  ['', /./],
  ['[null]', /nil target group item found/],
  ['["a"]', /expected a mapping/],
  ['{"targets": ["a"]}', /expected a list of target groups/],
  ['[{"targets": "a"}]', /expected a list/],
  ['[{"targets": [1]}]', /expected a string, got 1/],
  ['[{"targets": ["a"], "labels": {"a": 1}}]', /expected a string, got 1/],
  ['[{"targets": ["a"], "labels": {"a": true}}]', /expected a string, got true/],
  ['[{"targets": ["a"], "labels": {"": "b"}}]', /is not a valid label name/],
  ['[{"targets": ["a"], "labels": []}]', /expected a mapping/],
  ['[{"targets": ["a"], "port": 1}]', /unknown field "port"/],
  ['[{"targets": ["a"]}] x', /./],
  ['[{"targets": ["a"]},]', /./],
];

const ALL = [
  ...YAML.map(([text, why]) => ({ name: 't.yml', text, why })),
  ...JSON_TEXTS.map(([text, why]) => ({ name: 't.json', text, why })),
];

describe('a file of targets', () => {
  for (const { name, text, why } of ALL) {
    it(`${name} ${JSON.stringify(text)} is ${why ? 'refused' : 'taken'}`, async () => {
      if (why) await assert.rejects(parse(name, text), why);
      else await parse(name, text);
    });
  }

  it('is taken and refused as by the original', {
    skip: skipUnless(PROMTOOL !== undefined, PROMTOOL_MISSING),
  }, () => {
    const dir = mkdtempSync(join(tmpdir(), 'trilite-promtool-'));
    try {
      const wrong: string[] = [];
      for (const [i, { name, text, why }] of ALL.entries()) {
        // Names outside the classic alphabet are of version 3.
        if (text.includes('a.b') && !promtoolIsSince([3, 0])) continue;
        const config = join(dir, `${i}.yml`);
        writeFileSync(join(dir, `${i}-${name}`), text);
        const job = { job_name: 'j', file_sd_configs: [{ files: [`${i}-${name}`] }] };
        writeFileSync(config, JSON.stringify({ scrape_configs: [job] }));
        if (promtoolTakes(config, false) !== (why === undefined)) wrong.push(`${name} ${text}`);
      }
      assert.deepEqual(wrong, []);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it('keeps scalars as they are written, and says where it is from', async () => {
    assert.deepEqual(await parse('/d/t.yml', '- targets: [1:2]\n  labels: {v: 1.0, x: 0x10, n: ~, b: yes}'), [
      { targets: ['1:2'], labels: { v: '1.0', x: '0x10', n: '', b: 'yes', __meta_filepath: '/d/t.yml' } },
    ]);
  });

  it('reads back any groups that are written as JSON', async () => {
    const group = fc.record({
      targets: fc.array(fc.string()),
      labels: fc.dictionary(
        fc.string({ minLength: 1 }).filter((name) => name !== '__proto__'),
        fc.string(),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(group), async (groups) => {
        const read = await parse('t.json', JSON.stringify(groups));
        assert.deepEqual(
          read.map(({ targets, labels: { __meta_filepath: from, ...labels } }) => ({ targets, labels })),
          groups.map(({ targets, labels }) => ({ targets: [...targets], labels: { ...labels } })),
        );
      }),
    );
  });

  it('never fails otherwise than with a message, whatever it holds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), fc.constantFrom('t.json', 't.yml'), async (text, name) => {
        await parse(name, text).catch((error) => assert.equal(error.kind, 'bad_data'));
      }),
    );
  });
});
