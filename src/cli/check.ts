/** `trilite check …`: whether configurations, rule files and pages of metrics are good, as promtool and amtool tell it. */

import { parseArgs } from 'node:util';
import { clientEnvironment } from '../config.ts';
import { parseDuration } from '../model/duration.ts';
import { TriliteError } from '../model/errors.ts';
import { RULE_LANGUAGES, type RuleLanguageName } from '../rules/rule-group.ts';
import type { RuleCheckOptions } from './check-rules.ts';
import { CREDENTIAL_FLAGS, CREDENTIAL_USAGE } from './client-credentials.ts';
import { CLIENT_OPTIONS, CLIENT_USAGE, readClientFlags } from './client-flags.ts';
import { namedFiles } from './file-arguments.ts';
import { flagFault } from './flag-fault.ts';
import { type Output, processOutput } from './output.ts';

/** For `parseArgs`. */
export const CHECK_OPTIONS = {
  'syntax-only': { type: 'boolean', default: false },
  agent: { type: 'boolean', default: false },
  lint: { type: 'string', default: 'duplicate-rules' },
  'lint-fatal': { type: 'boolean', default: false },
  'ignore-unknown-fields': { type: 'boolean', default: false },
  extended: { type: 'boolean', default: false },
  url: { type: 'string', default: 'http://localhost:9090' },
  ...CREDENTIAL_FLAGS,
  language: { type: 'string', default: 'promql' },
  ...CLIENT_OPTIONS,
  'query.lookback-delta': { type: 'string', default: '5m' },
  // Promtool's, for what is on here anyway.
  'enable-feature': { type: 'string', multiple: true },
} as const;

export const CHECK_USAGE = `Usage: trilite check config [flags] FILE...
       trilite check rules [flags] [FILE...]
       trilite check metrics [--extended] [--lint all|none] <PAGE
       trilite check web-config FILE...
       trilite check alertmanager FILE...
       trilite check healthy|ready [--url URL] [flags]

Says what promtool says, and exits with its codes: 0 where all is well, 1 where something is wrong, 3 where
something is bad style and --lint-fatal is given.

config: a prometheus.yml with everything it names: rule files, files of targets, credentials; and Trilite's own
sections. What has no effect here is told in warnings.

  --syntax-only            nothing that the file names is looked at
  --agent                  what Prometheus' agent mode does not take is refused
  --lint LIST              duplicate-rules, too-long-scrape-interval, all, none; commas between (duplicate-rules)
  --query.lookback-delta DURATION
                           what a scrape interval is too long for (5m)

rules: files of rule groups; without a file, or of "-", what comes on standard input.

  --language promql|logql  of the expressions (promql)
  --lint LIST              duplicate-rules, all, none (duplicate-rules)

Of both:

  --lint-fatal             bad style makes the exit code 3
  --ignore-unknown-fields  keys of rule groups that are not known are passed over

metrics: a page of metrics on standard input; bad style makes the exit code 3.

  --extended               tells how many series each family has

alertmanager: files for --alertmanager.config, with their templates: what amtool check-config says, and its exit codes.

web-config: files for --web.config.file, with their certificates and keys. healthy, ready: whether a server is. What
stands before it may want to know who asks:

  --url URL                where it is (http://localhost:9090); may be https
${CREDENTIAL_USAGE}

${CLIENT_USAGE}
  trilite check config /etc/prometheus/prometheus.yml
  trilite check rules --lint-fatal rules/*.yml
  trilite check rules --language logql rules/logs.yml
  trilite check alertmanager /etc/alertmanager/alertmanager.yml
  curl -s http://localhost:9100/metrics | trilite check metrics
`;

const RULE_LINTS = ['all', 'duplicate-rules', 'none'];
const CONFIG_LINTS = [...RULE_LINTS, 'too-long-scrape-interval'];

/** Resolves with the exit code. Throws `TriliteError` for arguments that cannot be. */
export async function checkCommand(rest: readonly string[], output: Output = processOutput): Promise<number> {
  if (rest.includes('--help') || rest.includes('-h')) {
    output.out(CHECK_USAGE.trimEnd());
    return 0;
  }
  const { values, positionals } = parseFlags(rest);
  const [kind, ...files] = positionals;
  switch (kind) {
    case 'config':
      return checkConfig(files, values, output);
    case 'rules':
      return checkRules(files, values, output);
    case 'metrics': {
      const { checkMetrics } = await import('./check-metrics.ts');
      const lints = values.lint !== 'none';
      return checkMetrics({ lints, isExtended: values.extended }, output);
    }
    case 'healthy':
    case 'ready':
      return (await import('./check-server.ts')).checkServer(
        values.url,
        kind,
        await readClientFlags(values),
        output,
        values,
        clientEnvironment(),
      );
    case 'web-config':
      return checkWebConfig(files, output);
    case 'alertmanager':
      return checkAlertmanager(files, output);
    default:
      throw new TriliteError(
        'bad_data',
        'usage: trilite check config|rules|metrics|web-config|alertmanager|healthy|ready; see trilite check --help',
      );
  }
}

type Flags = ReturnType<typeof parseFlags>['values'];

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      allowNegative: true,
      options: CHECK_OPTIONS,
    });
  } catch (error) {
    throw flagFault(error, 'check');
  }
}

function languageOf(name: string): RuleLanguageName {
  const known = RULE_LANGUAGES.find((language) => language === name);
  if (known) return known;
  throw new TriliteError('bad_data', `--language: expected promql or logql, got ${JSON.stringify(name)}`);
}

/** The options given; what is none is named. */
function lintOptions(list: string, known: readonly string[], output: Output): ReadonlySet<string> {
  const given = list === '' ? [] : list.split(',');
  for (const option of given) {
    if (!known.includes(option)) output.out(`WARNING: unknown lint option: ${JSON.stringify(option)}`);
  }
  return new Set(given);
}

/** What is said of rules, with `all` and without `none`. */
function ruleOptions(lints: ReadonlySet<string>, flags: Flags): Omit<RuleCheckOptions, 'language'> {
  return {
    lint: {
      duplicates: lints.has('all') || lints.has('duplicate-rules'),
      fatal: flags['lint-fatal'],
    },
    unknownKeys: flags['ignore-unknown-fields'] ? 'ignored' : 'refused',
  };
}

async function checkRules(files: readonly string[], flags: Flags, output: Output): Promise<number> {
  const lints = lintOptions(flags.lint, RULE_LINTS, output);
  const options = { language: languageOf(flags.language), ...ruleOptions(lints, flags) };
  const isInput = files.length === 0 || (files.length === 1 && files[0] === '-');
  const found = isInput ? [] : namedFiles(files);
  const { checkRuleFiles, checkRuleInput, exitCode } = await import('./check-rules.ts');
  const verdict = isInput
    ? await checkRuleInput(options, output)
    : await checkRuleFiles(found, options, output);
  return exitCode(verdict, options.lint.fatal);
}

async function checkWebConfig(files: readonly string[], output: Output): Promise<number> {
  if (files.length === 0) {
    throw new TriliteError('bad_data', 'usage: trilite check web-config FILE...; see trilite check --help');
  }
  const found = namedFiles(files);
  return (await import('./check-web-config.ts')).checkWebConfigs(found, output);
}

async function checkAlertmanager(files: readonly string[], output: Output): Promise<number> {
  if (files.length === 0) {
    throw new TriliteError('bad_data', 'usage: trilite check alertmanager FILE...; see trilite check --help');
  }
  const found = namedFiles(files);
  return (await import('./check-alertmanager.ts')).checkAlertmanagerFiles(found, output);
}

async function checkConfig(files: readonly string[], flags: Flags, output: Output): Promise<number> {
  if (files.length === 0) {
    throw new TriliteError('bad_data', 'usage: trilite check config FILE...; see trilite check --help');
  }
  const given = lintOptions(flags.lint, CONFIG_LINTS, output);
  // "none" beside others switches them all off.
  const lints: ReadonlySet<string> = given.has('none') ? new Set() : given;
  const lookbackMs = parseDuration(flags['query.lookback-delta']);
  const looksAtIntervals = lints.has('all') || lints.has('too-long-scrape-interval');
  const options = {
    isSyntaxOnly: flags['syntax-only'],
    isAgent: flags.agent,
    rules: ruleOptions(lints, flags),
    lookbackMs: looksAtIntervals ? lookbackMs : 0,
  };
  const found = namedFiles(files);
  const { checkConfigFiles } = await import('./check-config.ts');
  return checkConfigFiles(found, options, output);
}
