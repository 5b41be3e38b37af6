/** The files for pipelines: their steps are run as a runner runs them, with this checkout in the place of the installed package. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, it } from 'node:test';
import { parse } from 'yaml';

const ROOT = path.join(import.meta.dirname, '../..');
const EMIT = path.join(ROOT, 'test/verify/emit.mjs');
const folder = mkdtempSync(path.join(os.tmpdir(), 'trilite-ci-'));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Step {
  readonly name?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string; readonly description: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

const actionText = readFileSync(path.join(ROOT, 'deploy/ci/github/action.yml'), 'utf8');
const action = parse(actionText) as Action;

function install(runnerTemp: string): void {
  const bin = path.join(runnerTemp, 'trilite/node_modules/.bin');
  mkdirSync(bin, { recursive: true });
  const program = path.join(bin, 'trilite');
  writeFileSync(program, `#!/bin/sh\nexec ${process.execPath} ${path.join(ROOT, 'src/cli/run.ts')} "$@"\n`);
  chmodSync(program, 0o755);
}

/** With bash's options of a runner, and the expressions in `env` filled in. */
function runStep(name: string, given: Readonly<Record<string, string>>) {
  const step = action.runs.steps.find((one) => one.name === name);
  const env = Object.entries(step?.env ?? {}).map(([variable, expression]) => {
    const input = /^\$\{\{ inputs\.([\w-]+) \}\}$/.exec(expression)?.[1];
    assert.ok(input && input in action.inputs, expression);
    return [variable, given[input] ?? action.inputs[input]!.default];
  });
  const summary = path.join(folder, 'summary.md');
  writeFileSync(summary, '');
  const result = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step!.run!], {
    cwd: folder,
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH,
      RUNNER_TEMP: folder,
      GITHUB_STEP_SUMMARY: summary,
      ...Object.fromEntries(env),
    },
  });
  return { ...result, summary: readFileSync(summary, 'utf8') };
}

it('the action verifies what a command sends, and keeps what is needed where something does not hold', () => {
  install(folder);
  writeFileSync(path.join(folder, 'e.yaml'), 'expectations: [{promql: orders_total, value: ">= 3"}]\n');
  const command = `'${process.execPath}' ${EMIT} && echo sent`;
  const good = runStep('Verify', { expectations: 'e.yaml', command });
  assert.equal(good.status, 0, good.stdout + good.stderr);
  assert.match(good.stdout, /sent\n✓ orders_total/);
  assert.match(good.summary, /\| ✅ \| orders_total/);
  assert.ok(!existsSync(path.join(folder, 'trilite-verify.db')));
  writeFileSync(path.join(folder, 'f.yaml'), 'expectations: [{promql: orders_total, value: 99}]\n');
  const bad = runStep('Verify', { expectations: 'e.yaml f.yaml', command, args: '--timeout 300ms' });
  assert.equal(bad.status, 1, bad.stdout + bad.stderr);
  assert.match(bad.stdout, /::error file=f.yaml,line=1,title=orders_total::value 3 is not == 99/);
  assert.match(readFileSync(path.join(folder, 'trilite-verify.xml'), 'utf8'), /testsuite name="f.yaml"/);
  assert.ok(existsSync(path.join(folder, 'trilite-verify.db')));
});

it('every input is described and used', () => {
  assert.equal(action.runs.using, 'composite');
  for (const [name, { description }] of Object.entries(action.inputs)) {
    assert.ok(description.length > 0, name);
    assert.ok(actionText.includes(`inputs.${name} `), name);
  }
  const workflow = parse(readFileSync(path.join(ROOT, 'deploy/ci/github/workflow.yml'), 'utf8'));
  for (const step of workflow.jobs.telemetry.steps)
    for (const input of Object.keys(step.uses?.includes('deploy/ci') ? step.with : {}))
      assert.ok(input in action.inputs, input);
});

it('the job for GitLab names flags that there are, and reports what they write', () => {
  const { telemetry } = parse(readFileSync(path.join(ROOT, 'deploy/ci/gitlab/telemetry.yml'), 'utf8'));
  const script = (telemetry.script as string[]).find((line) => line.includes('trilite verify'))!;
  const own = script
    .replace('/tmp/trilite/', `${folder}/trilite/`)
    .replace('npm test', `'${process.execPath}' ${EMIT}`);
  writeFileSync(path.join(folder, 'expectations.yaml'), 'expectations: [{promql: orders_total}]\n');
  const { status, stderr, stdout } = spawnSync('sh', ['-c', own], { cwd: folder, encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
  assert.ok(existsSync(path.join(folder, telemetry.artifacts.reports.junit)));
  assert.ok(script.includes(telemetry.artifacts.paths[0]));
});
