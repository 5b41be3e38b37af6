/** Finds the cases of OATS that `trilite verify` is to run, and runs them one after the other, as OATS does. */

import { globSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileError } from '../base/file-error.ts';
import { ConfigError } from '../config/config-error.ts';
import { inheritedEnvironment } from '../config.ts';
import type { Outcome } from '../verify/expectation.ts';
import type { OatsCase } from '../verify/oats/case.ts';
import type { VerifyFlags } from './verify-flags.ts';
import type { OpenTarget } from './verify-target.ts';

const CONFIG_NAME = 'oats-config.yaml';
const CASE_NAME = 'oats-case.yaml';
const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_ABSENT_MS = 10_000;

type Run = (
  target: OpenTarget,
  onOutcome: (outcome: Outcome) => void,
  signal: AbortSignal,
) => Promise<Outcome[]>;

/** Undefined where the files are none of OATS'. Throws `ConfigError`. */
export async function findOatsCases(flags: VerifyFlags): Promise<Run | undefined> {
  const cases = await readCases(flags);
  return cases && ((...given) => runCases(cases, flags, ...given));
}

async function readCases({ files, isOats }: VerifyFlags): Promise<OatsCase[] | undefined> {
  const { oatsFileKind, parseOatsCase, parseOatsConfig } = await import('../config/oats-case-yaml.ts');
  const found: string[] = [];
  for (const path of files) {
    const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
    if (isDirectory && !isOats)
      throw new ConfigError(`${path} is a directory; cases of OATS in it need --oats`);
    if (!isDirectory && !isOats && statSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
    const root = isDirectory ? join(path, CONFIG_NAME) : path;
    if (isDirectory && statSync(root, { throwIfNoEntry: false }) === undefined) {
      found.push(...matching(join(path, '**', CASE_NAME)));
      continue;
    }
    const text = read(root);
    const kind = oatsFileKind(root, text);
    if (kind === undefined && !isOats && basename(root) !== CONFIG_NAME) return undefined;
    if (kind !== 'config') found.push(root);
    else
      for (const pattern of parseOatsConfig(root, text))
        found.push(...matching(join(dirname(root), pattern)));
  }
  return [...new Set(found)].map((file) => parseOatsCase(file, read(file)));
}

function matching(pattern: string): string[] {
  const files = globSync(pattern).sort();
  if (files.length === 0) throw new ConfigError(`glob ${JSON.stringify(pattern)} matched zero files`);
  return files;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(fileError(error, file));
  }
}

async function runCases(
  cases: readonly OatsCase[],
  { timeoutMs = DEFAULT_TIMEOUT_MS, absentTimeoutMs = DEFAULT_ABSENT_MS, appUrl }: VerifyFlags,
  target: OpenTarget,
  onOutcome: (outcome: Outcome) => void,
  signal: AbortSignal,
): Promise<Outcome[]> {
  const { runCase } = await import('../verify/oats/run-case.ts');
  const outcomes: Outcome[] = [];
  for (const one of cases) {
    const environment = {
      ...inheritedEnvironment(),
      ...target.environment,
      OATS_FIXTURE_TYPE: one.fixture,
      ...(target.otlpHttp !== undefined && {
        OATS_OTLP_HTTP: target.otlpHttp,
        OATS_GRAFANA_URL: target.grafanaUrl ?? target.otlpHttp,
      }),
      ...(appUrl && { OATS_APP_URL: appUrl.origin }),
    };
    const run = { ...target, appUrl, timeoutMs, absentTimeoutMs, environment };
    outcomes.push(...(await runCase(one, run, onOutcome, signal)));
  }
  return outcomes;
}
