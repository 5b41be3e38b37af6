/** `scrape_config_files`: jobs in files of their own. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { readConfigFile } from '../../src/config/file.ts';

const folder = mkdtempSync(join(tmpdir(), 'trilite-scrape-files-'));
after(() => rmSync(folder, { recursive: true, force: true }));

beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'jobs'), { recursive: true });
});

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const MAIN = `
global: {scrape_interval: 7s, scrape_failure_log_file: log/failures}
scrape_config_files: ['jobs/*.yml', none.yml]
scrape_configs: [{job_name: main}]
`;
const read = (text = MAIN) => readConfigFile(write('prometheus.yml', text), {});

describe('jobs of other files', () => {
  it('follow those of the main one, with its defaults and paths of their own', async () => {
    write('jobs/b.yml', 'scrape_configs: [{job_name: b, scrape_interval: 9s}]\n');
    write(
      'jobs/a.yml',
      'scrape_configs: [{job_name: a, bearer_token_file: token, scrape_failure_log_file: own, file_sd_configs: [{files: [t.json]}]}]\n',
    );
    write('jobs/c.yaml', 'scrape_configs: [{job_name: not-named}]\n');
    write('jobs/empty.yml', '');
    const { scrapeConfigs } = await read();
    assert.deepEqual(
      scrapeConfigs.map(({ jobName, scrapeIntervalMs }) => [jobName, scrapeIntervalMs]),
      [
        ['main', 7000],
        ['a', 7000],
        ['b', 9000],
      ],
    );
    const [main, a] = scrapeConfigs;
    assert.equal(main!.failureLogFile, join(folder, 'log/failures'));
    assert.equal(a!.failureLogFile, join(folder, 'jobs/own'));
    assert.deepEqual(a!.client.authorization!.credentials, { file: join(folder, 'jobs/token') });
    assert.deepEqual(a!.fileDiscovery[0]!.files, [join(folder, 'jobs/t.json')]);
  });

  it('have names of their own', async () => {
    const a = write('jobs/a.yml', '\nscrape_configs: [{job_name: main}]\n');
    await assert.rejects(
      read(),
      new RegExp(
        `${a}:2:29: .*found multiple scrape configs with job name "main", first found in main config file$`,
      ),
    );
    write('jobs/a.yml', 'scrape_configs: [{job_name: a}]\n');
    write('jobs/b.yml', 'scrape_configs: [{job_name: a}]\n');
    await assert.rejects(read(), new RegExp(`job name "a", first found in "${a}"$`));
  });

  it('are all that such a file has, and a path has one star, in its last part', async () => {
    const a = write('jobs/a.yml', 'global: {}\n');
    await assert.rejects(read(), new RegExp(`^ConfigError: ${a}:1:1: unknown key "global"`));
    await assert.rejects(
      read("scrape_config_files: ['*/a.yml']\n"),
      /prometheus.yml:1:23: .*: invalid scrape config file path "\*\/a.yml"$/,
    );
  });
});
