/** Stages as the configuration has them: defaults, and complaints that say where and what. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ConfigError } from '../../../src/config/config-error.ts';
import { readStages } from './run-pipeline.ts';

describe('pipeline stages in the configuration', () => {
  it('have defaults', async () => {
    const stages = await readStages(
      '- cri:\n- multiline: {firstline: "^x"}\n- json: {expressions: {a: , b: c}}',
    );
    assert.deepEqual(stages, [
      { kind: 'cri', maxPartialLines: 100, maxLineBytes: undefined },
      { kind: 'multiline', firstLine: '^x', maxWaitMs: 3000, maxLines: 128 },
      {
        ...{ kind: 'json', source: undefined, dropMalformed: false },
        expressions: [
          ['a', 'a'],
          ['b', 'c'],
        ],
      },
    ]);
  });

  it('take sizes and durations in the forms of the original', async () => {
    const stages = await readStages('- drop: {longer_than: 8k, older_than: 1.5h}');
    assert.partialDeepStrictEqual(stages, [{ longerThanBytes: 8192, olderThanMs: 5_400_000 }]);
  });

  it('are as the documentation shows them', async () => {
    const page = readFileSync(new URL('../../../docs/pipeline-stages.md', import.meta.url), 'utf8');
    const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((m) => m[1]!);
    const kinds = new Set<string>();
    for (const block of blocks) {
      for (const { kind } of await readStages(block.replace('pipeline_stages:\n', ''))) kinds.add(kind);
    }
    assert.ok(blocks.length >= 5 && kinds.size >= 15, `${blocks.length} blocks, ${[...kinds].join(' ')}`);
  });

  const complaints: [yaml: string, at: string, message: RegExp][] = [
    ['- foo: {}', '1:3', /unknown stage "foo"; expected one of cri, decolorize/],
    ['- geoip: {db: x}', '1:3', /the stage geoip is not supported/],
    ['- eventlogmessage: {}', '1:3', /the stage eventlogmessage is not supported/],
    ['- docker: {}\n  cri: {}', '1:3', /a stage has one key, its name; here are docker, cri/],
    ['- docker: {x: 1}', '1:12', /unknown key "x"/],
    ['- labels:', '1:3', /the labels stage says nothing/],
    ['- regex', '1:3', /expected a stage/],
    ['- regex: {}', '1:10', /\[0\]\.regex: "expression" is missing/],
    ['- regex: {expression: ""}', '1:23', /must not be empty/],
    ['- regex: {expression: "(a"}', '1:23', /\[0\]\.regex\.expression: .*missing closing \)/],
    ['- regex: {expression: a, source: ""}', '1:34', /source: must not be empty/],
    ['- regex: {expresion: a}', '1:11', /unknown key "expresion".*did you mean "expression"/],
    ['- json: {}', '1:9', /"expressions" is missing/],
    ['- json: {expressions: {a: "x["}}', '1:27', /expressions\.a: "x\[" is no JMESPath expression/],
    ['- logfmt: {mapping: {}}', '1:21', /at least one is required/],
    ['- labels: {a-b: }', '1:11', /invalid label name "a-b"/],
    ['- template: {template: x}', '1:13', /"source" is missing/],
    ['- template: {source: a, template: "{{ .x"}', '1:35', /unclosed action/],
    ['- replace: {expression: a, replace: "{{ nope }}"}', '1:37', /function "nope" not defined/],
    ['- timestamp: {source: a}', '1:14', /"format" is missing/],
    ['- timestamp: {source: a, format: b, location: X/Y}', '1:47', /unknown time zone "X\/Y"/],
    ['- timestamp: {source: a, format: b, action_on_failure: x}', '1:56', /expected one of fudge, skip/],
    ['- match: {selector: "{a=\\"b\\"}"}', '1:10', /at least one stage is required/],
    ['- match: {selector: "{a=\\"b\\"", action: drop}', '1:21', /expected "," or "}" at character 7/],
    ['- match: {selector: "{a=~\\"(\\"}", action: drop}', '1:21', /missing argument|missing closing/],
    [
      '- match: {selector: "{a=\\"b\\"}", action: drop, stages: [{docker: }]}',
      '1:56',
      /no sense with action drop/,
    ],
    [
      '- match:\n    selector: "{a=\\"b\\"}"\n    stages:\n    - foo: {}',
      '4:7',
      /stages\[0\]: unknown stage/,
    ],
    ['- drop: {}', '1:9', /at least one of source/],
    ['- drop: {source: a, value: b, expression: c}', '1:9', /exclude each other/],
    ['- drop: {value: b, expression: c}', '1:17', /needs a source/],
    ['- drop: {older_than: 3}', '1:22', /missing unit in duration "3"/],
    ['- multiline: {firstline: a, max_wait_time: x}', '1:44', /invalid duration/],
    ['- limit: {rate: 0, burst: 1}', '1:17', /greater than 0/],
    ['- limit: {rate: 1, burst: 1, by_label_name: a}', '1:45', /needs drop: true/],
    ['- sampling: {rate: 2}', '1:20', /expected 0 to 1/],
    ['- tenant: {}', '1:11', /one of label, source and value is required/],
    ['- tenant: {label: a, value: b}', '1:11', /exclude each other/],
    ['- metrics: {a: {type: x}}', '1:23', /expected one of counter, gauge, histogram/],
    ['- metrics: {a: {type: counter, config: {action: set}}}', '1:49', /expected one of inc, add/],
    ['- metrics: {a: {type: histogram, config: {buckets: [2, 1]}}}', '1:52', /buckets must ascend/],
    ['- metrics: {a-b: {type: histogram}}', '1:18', /invalid metric name "promtail_custom_a-b"/],
    ['- metrics: {a: {type: histogram, max_idle_duration: 10ms}}', '1:53', /less than 1s is not allowed/],
  ];
  for (const [yaml, at, message] of complaints) {
    it(`refuses ${yaml}`, async () => {
      await assert.rejects(readStages(yaml), (error: Error) => {
        assert.ok(error instanceof ConfigError, error.stack);
        assert.match(error.message, message);
        assert.ok(error.message.startsWith(`pipeline.yml:${at}: `), error.message);
        return true;
      });
    });
  }
});
