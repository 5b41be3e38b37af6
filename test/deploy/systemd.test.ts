/** The systemd unit: that systemd takes it as it is, and how much of the system it leaves to the service. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { parseCommandLine } from '../../src/config/flags.ts';
import { findProgram, skipUnless } from '../support/program.ts';
import { DEPLOY } from './compose-file.ts';

const UNIT = path.join(DEPLOY, 'systemd/trilite.service');
/** Of 10. A service that listens on the network and writes a folder of its own gets no lower than 1. */
const EXPOSURE_MAX = 1.5;

const text = readFileSync(UNIT, 'utf8');
const setting = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1];
const analyze = findProgram('systemd-analyze');
const skip = skipUnless(analyze !== undefined, 'systemd-analyze is not installed');

const folder = mkdtempSync(path.join(os.tmpdir(), 'trilite-unit-'));
after(() => rmSync(folder, { recursive: true, force: true }));

describe('trilite.service', () => {
  it('starts the program with flags that it knows', () => {
    const [program, ...args] = setting('ExecStart')!.split(' ');
    assert.equal(program, '/usr/local/bin/trilite');
    const line = parseCommandLine(args.filter((argument) => !argument.startsWith('$')));
    assert.deepEqual([line.command, line.configFile], ['serve', '%E/trilite/trilite.yml']);
    assert.equal(setting('ExecReload'), '/bin/kill -HUP $MAINPID');
  });

  it('is what systemd takes', { skip }, () => {
    // The same with a program that is there.
    const program = path.join(folder, 'trilite');
    writeFileSync(program, '#!/bin/sh\n');
    chmodSync(program, 0o755);
    const unit = path.join(folder, 'trilite.service');
    writeFileSync(unit, text.replace(/^(ExecStart=)\S+/m, `$1${program}`));
    const { status, stderr } = spawnSync(analyze!, ['verify', unit], { encoding: 'utf8' });
    assert.deepEqual([status, stderr], [0, '']);
    writeFileSync(unit, text.replace('NoNewPrivileges=yes', 'NoNewPrivileges=perhaps'));
    assert.match(spawnSync(analyze!, ['verify', unit], { encoding: 'utf8' }).stderr, /perhaps/);
  });

  it('leaves little to the service', { skip }, () => {
    const { stdout } = spawnSync(analyze!, ['security', '--offline=true', UNIT], { encoding: 'utf8' });
    const exposure = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1]);
    assert.ok(exposure <= EXPOSURE_MAX, stdout);
  });
});
