/**
 * Scrape jobs that no file has: made of something else (the Prometheus Operator's resources) as keys and values of `scrape_configs`,
 * and read as if they stood there, so that every default and every check is the same.
 */

import type { ScrapeConfig } from '../scrape/scrape-config.ts';
import { ConfigError } from './config-error.ts';
import type { Environment } from './environment.ts';
import { readScrapeConfigs } from './scrape-section.ts';
import { Warnings } from './warnings.ts';
import { parseYaml } from './yaml-node.ts';

/** A complaint's place in the generated text, which nobody has seen: `NAME:1:7: [0].` or `NAME:1:7: `. */
const PLACE = /^.*?:\d+:\d+: (?:\[0\]\.?)?/;

/** `defaults` is what `global:` says. Throws `ConfigError`, which names the key and not where it stands. */
export function readGeneratedJob(
  yaml: typeof import('yaml'),
  job: Readonly<Record<string, unknown>>,
  defaults: ScrapeConfig,
  environment: Environment,
): ScrapeConfig {
  try {
    const root = parseYaml(yaml, 'job', JSON.stringify([job]), environment);
    const [config] = readScrapeConfigs(root!, defaults, new Warnings());
    return config!;
  } catch (error) {
    if (error instanceof ConfigError) throw new ConfigError(error.message.replace(PLACE, ''));
    throw error;
  }
}
