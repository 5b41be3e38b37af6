/**
 * The image. What the Dockerfile says is read here; what it makes is tried where somebody has made it, with any engine:
 * `TRILITE_TEST_IMAGE_ROOT=DIR` names its unpacked file system (`docker export`, `buildah mount`). As root, it is run from there
 * as the Dockerfile says: by that user, over a root that is read-only and a /tmp that forbids execution.
 */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { eventually } from '../support/poll.ts';
import { tryWhole } from '../support/whole-server.ts';

const TIMEOUT = { timeout: 120_000 };
const IMAGE = process.env.TRILITE_TEST_IMAGE_ROOT;
const IMAGE_BYTES_MAX = 120_000_000;

const dockerfile = readFileSync(path.join(import.meta.dirname, '../../Dockerfile'), 'utf8').replaceAll(
  '\\\n',
  ' ',
);
const stages = dockerfile.split(/^(?=FROM )/m);
/** The last one and the one that it continues, which is also what stands in for another image. */
const last = `${stages.find((stage) => /^FROM scratch AS trilite$/m.test(stage))}${stages.at(-1)}`;

/** What follows an instruction of the last stage. */
function instruction(name: string): string {
  const found = new RegExp(`^${name} (.*)$`, 'm').exec(last);
  assert.ok(found, name);
  return found[1]!;
}

const user = instruction('USER');
const [program] = JSON.parse(instruction('ENTRYPOINT')) as [string];
const environment = Object.fromEntries(
  instruction('ENV')
    .split(' ')
    .map((pair) => pair.split('=') as [string, string]),
);

describe('the Dockerfile', () => {
  it('ends in a stage of nothing but the program, run by a user without a name or rights', () => {
    assert.match(last, /^FROM scratch AS trilite$[\s\S]*^FROM trilite$/m);
    assert.match(user, /^[1-9]\d*:[1-9]\d*$/);
    assert.equal(instruction('VOLUME'), '/data');
    assert.doesNotMatch(last, /^(RUN|ADD) /m);
  });

  it('checks health by a command of the program, in a form that needs no shell', () => {
    const [command, ...args] = JSON.parse(/ CMD (\[.*\])/.exec(instruction('HEALTHCHECK'))![1]!) as string[];
    assert.equal(command, program);
    assert.deepEqual(args.slice(0, 2), ['check', 'ready']);
  });
});

const skip =
  (IMAGE === undefined && 'TRILITE_TEST_IMAGE_ROOT names no image') ||
  (process.getuid?.() !== 0 && 'only root can run an image');

const folder = mkdtempSync(path.join(os.tmpdir(), 'trilite-image-'));
const children = new Set<ChildProcess>();
after(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** Arguments of `unshare` that run the program in the image: in mounts of its own, without the machine's files. */
function inImage(args: readonly string[], config: string): string[] {
  const script = `set -e
mkdir -p "$1/proc"
mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"
mount -t proc proc "$1/proc" && mount -t tmpfs -o noexec,mode=1777 tmpfs "$1/tmp"
mount --bind "$2" "$1/data"
root=$1; user=$3; shift 3
exec chroot --userspec="$user" "$root" "$@"`;
  return ['--mount', 'sh', '-c', script, 'sh', IMAGE!, config, user, program, ...args];
}

const bytesUnder = (dir: string): number =>
  readdirSync(dir, { withFileTypes: true }).reduce((sum, entry) => {
    const file = path.join(dir, entry.name);
    return sum + (entry.isDirectory() ? bytesUnder(file) : lstatSync(file).size);
  }, 0);

describe('the image', { skip, ...TIMEOUT }, () => {
  it('is small, and has no program but one', () => {
    const size = bytesUnder(IMAGE!);
    assert.ok(size < IMAGE_BYTES_MAX, `${size} bytes`);
    const files = readdirSync(IMAGE!, { recursive: true, encoding: 'utf8' });
    const names = files.filter((name) => lstatSync(path.join(IMAGE!, name)).isFile());
    const others = names.filter((name) => !/^(lib|lib64|usr\/lib)\/.*\.so[.\d]*$|^etc\//.test(name));
    assert.deepEqual(others.sort(), ['better-sqlite3.node', program.slice(1)].sort());
  });

  it('runs whole over a read-only root, and says that it is healthy', TIMEOUT, async () => {
    const [uid, gid] = user.split(':').map(Number) as [number, number];
    const data = path.join(folder, 'data');
    spawnSync('install', ['-d', '-o', String(uid), '-g', String(gid), data]);
    const config = path.join(data, 'trilite.yml');
    const [http, grpc] = [await freePort(), await freePort()];
    const args = ['serve', '--data', '/data', '--config', '/data/trilite.yml'];
    const listen = ['--http', `127.0.0.1:${http}`, '--otlp-grpc', `127.0.0.1:${grpc}`];
    const base = `http://127.0.0.1:${http}`;
    const check = () =>
      spawnSync('unshare', inImage(['check', 'ready', `--url=${base}`], data), {
        encoding: 'utf8',
        env: environment,
      });
    await tryWhole(
      async () => {
        const child = spawn('unshare', inImage([...args, ...listen], data), {
          env: environment,
          stdio: 'inherit',
        });
        children.add(child);
        const exited = new Promise((resolve) => child.once('exit', resolve));
        await eventually(async () => assert.ok((await fetch(`${base}/-/ready`)).ok));
        const { status, stderr } = check();
        assert.equal(status, 0, stderr);
        return {
          base,
          grpc: `127.0.0.1:${grpc}`,
          hangUp: () => child.kill('SIGHUP'),
          stop: (signal) => {
            child.kill(signal);
            return exited;
          },
        };
      },
      (text) => {
        writeFileSync(config, text);
        chownSync(config, uid, gid);
        chmodSync(config, 0o600);
      },
    );
    assert.equal(check().status, 1, 'nor that it is when it is not');
  });
});
