/** `scrape_config_files`: further jobs, in files of their own. */

import { globSync, readFileSync } from 'node:fs';
import { fileError } from '../base/file-error.ts';
import type { ScrapeConfig } from '../scrape/scrape-config.ts';
import { readScrapeConfigs } from './scrape-section.ts';
import type { Warnings } from './warnings.ts';
import { parseYaml, type YamlNode } from './yaml-node.ts';

type Yaml = typeof import('yaml');

/** One `*`, in the last part. */
const PATH = /^[^*]*(\*[^/]*)?$/;

/** Paths, or globs of them. Throws `ConfigError`. */
export function readScrapeFileGlobs(node: YamlNode): string[] {
  return node.list().map((item) => {
    const path = item.string();
    if (!PATH.test(path)) item.fail(`invalid scrape config file path ${JSON.stringify(path)}`);
    return item.filePath();
  });
}

/**
 * The jobs of all files, in their order; a pattern may match none. Paths in a file stand relative to it. `main` are the jobs of the
 * configuration file: a name may be there once. Throws `ConfigError`.
 */
export function readScrapeFiles(
  yaml: Yaml,
  node: YamlNode,
  { main, defaults }: { readonly main: readonly ScrapeConfig[]; readonly defaults: ScrapeConfig },
  warnings: Warnings,
): ScrapeConfig[] {
  const places = new Map(main.map(({ jobName }) => [jobName, 'main config file']));
  return node.list().flatMap((pattern) => {
    const files = globSync(pattern.filePath()).sort();
    return files.flatMap((file) => {
      const jobs = parseYaml(yaml, file, readText(file, pattern), pattern.environment)
        ?.fields(['scrape_configs'])
        .get('scrape_configs');
      const found = jobs ? readScrapeConfigs(jobs, defaults, warnings, places) : [];
      for (const { jobName } of found) places.set(jobName, JSON.stringify(file));
      return found;
    });
  });
}

function readText(file: string, pattern: YamlNode): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    return pattern.fail(`cannot read ${file}: ${fileError(error, file)}`);
  }
}
