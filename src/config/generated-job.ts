/**
 * Scrape jobs that no file has: made of something else (the Prometheus Operator's resources) as keys and values of `scrape_configs`,
 * and read as if they stood there, so that every default and every check is the same.
 */

import type { ScrapeConfig } from '../scrape/scrape-config.ts';
import { ConfigError } from './config-error.ts';
import type { Environment } from './environment.ts';
import { readScrapeConfigs } from './scrape-section.ts';
import { Warnings } from './warnings.ts';
import { yamlOf } from './yaml-node.ts';

/** A complaint's place, which is none that anybody has seen: `NAME:0:0: [0].` or `NAME:0:0: `. */
const PLACE = /^.*?:\d+:\d+: (?:\[0\]\.?)?/;

/** `defaults` is what `global:` says. Throws `ConfigError`, which names the key and not where it stands. */
export function readGeneratedJob(
  yaml: typeof import('yaml'),
  job: Readonly<Record<string, unknown>>,
  defaults: ScrapeConfig,
  environment: Environment,
): ScrapeConfig {
  try {
    const root = yamlOf(yaml, 'job', [job], environment);
    const [config] = readScrapeConfigs(root, defaults, new Warnings());
    return config!;
  } catch (error) {
    if (error instanceof ConfigError) throw new ConfigError(error.message.replace(PLACE, ''));
    throw error;
  }
}
