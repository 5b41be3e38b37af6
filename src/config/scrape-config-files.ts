/** `scrape_config_files`: further jobs, in files of their own that have nothing but `scrape_configs`. */

import { globSync, readFileSync } from 'node:fs';
import type { ScrapeConfig } from '../scrape/scrape-config.ts';
import { ConfigError } from './config-error.ts';
import { readScrapeConfigs } from './scrape-section.ts';
import type { Warnings } from './warnings.ts';
import { parseYaml } from './yaml-node.ts';

type Yaml = typeof import('yaml');

export interface ScrapeFilesContext {
  readonly yaml: Yaml;
  /** What `global` says of jobs. */
  readonly defaults: ScrapeConfig;
  /** Of the configuration itself: no name may come twice. */
  readonly jobs: readonly ScrapeConfig[];
  readonly warnings: Warnings;
}

/** The jobs of all files that the globs stand for. Throws `ConfigError`. */
export function readScrapeConfigFiles(
  globs: readonly string[],
  { yaml, defaults, jobs, warnings }: ScrapeFilesContext,
): ScrapeConfig[] {
  const placeOf = new Map(jobs.map((job) => [job.jobName, 'main config file']));
  return globs
    .flatMap((glob) => globSync(glob).sort())
    .flatMap((file) => {
      const root = parseYaml(yaml, file, readText(file));
      const node = root?.fields(['scrape_configs']).get('scrape_configs');
      const found = node ? readScrapeConfigs(node, defaults, warnings) : [];
      for (const { jobName } of found) {
        const first = placeOf.get(jobName);
        const what = `found multiple scrape configs with job name ${JSON.stringify(jobName)}`;
        if (first !== undefined) throw new ConfigError(`${file}: ${what}, first found in ${first}`);
        placeOf.set(jobName, JSON.stringify(file));
      }
      return found;
    });
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`cannot read ${file}: ${(error as Error).message}`);
  }
}
