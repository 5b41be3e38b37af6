/** Files of Alertmanager's: verdicts and words are the original's, compared with those of amtool where that is installed. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { checkAlertmanagerFiles } from '../../src/cli/check-alertmanager.ts';
import { parseAlertmanagerText } from '../../src/config/alertmanager/alertmanager-file.ts';
import { findProgram, skipUnless } from '../support/program.ts';
import { CONFIG_CASES, type ConfigCase } from './alertmanager-files.ts';

const AMTOOL = process.env.TRILITE_TEST_AMTOOL ?? findProgram('amtool');
const NEWEST = 98;
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-am-config-'));
after(() => fs.rmSync(dir, { recursive: true, force: true }));

async function verdict(text: string): Promise<string> {
  try {
    await parseAlertmanagerText('a.yml', text, {});
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('a file of Alertmanager’s', () => {
  for (const { name, text, isGood, says = '' } of CONFIG_CASES) {
    it(`${name}: ${isGood ? 'good' : 'bad'}`, async () => {
      const said = await verdict(text);
      if (isGood) assert.equal(said, '');
      else {
        assert.match(said, /^a\.yml(:\d+:\d+)?: /);
        assert.ok(said.includes(says), said);
      }
    });
  }

  it('is printed as amtool does', async () => {
    const file = path.join(dir, 'good.yml');
    const bad = path.join(dir, 'bad.yml');
    fs.writeFileSync(file, CONFIG_CASES[0]!.text);
    fs.writeFileSync(bad, 'route: {receiver: x}');
    const lines: string[] = [];
    const output = {
      out: (line: string) => void lines.push(line),
      err: (line: string) => void lines.push(line),
    };
    assert.equal(await checkAlertmanagerFiles([file, bad], output), 1);
    assert.deepEqual(lines, [
      `Checking '${file}'  SUCCESS`,
      'Found:',
      ' - global config',
      ' - route',
      ' - 0 inhibit rules',
      ' - 2 receivers',
      ' - 0 templates',
      '',
      `Checking '${bad}'  FAILED: ${bad}:1:8: route: undefined receiver "x" used in route`,
      '',
      'trilite: error: failed to validate 1 file(s)',
    ]);
  });
});

describe('amtool', {
  skip: skipUnless(AMTOOL !== undefined, 'amtool is not installed (Debian: prometheus-alertmanager)'),
}, () => {
  it('says the same', () => {
    const { stdout, stderr } = spawnSync(AMTOOL!, ['--version'], { encoding: 'utf8' });
    // One that was built without its version is the newest.
    const minor = Number(/version 0\.(\d+)\./.exec(stdout + stderr)?.[1] ?? NEWEST);
    const cases = CONFIG_CASES.filter(({ since = 0 }) => since <= minor);
    const files = cases.map(({ text }, i) => {
      const file = path.join(dir, `${i}.yml`);
      fs.writeFileSync(file, text);
      return file;
    });
    const run = spawnSync(AMTOOL!, ['check-config', ...files], { encoding: 'utf8' });
    const said = run.stdout.split(/^Checking /m).slice(1);
    assert.equal(said.length, cases.length);
    const wrong = cases.flatMap((one, i) => (agrees(one, said[i]!) ? [] : [`${one.name}: ${said[i]}`]));
    assert.deepEqual(wrong, []);
  });
});

function agrees({ isGood, says = '' }: ConfigCase, said: string): boolean {
  // Newer ones write into the same line what they think of older matchers.
  const isTheirs = / {2}SUCCESS$/m.test(said);
  return isGood === isTheirs && (isGood || said.includes(says));
}
