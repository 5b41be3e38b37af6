/** `trilite test …`: unit tests of rules, and query test scripts. */

import { parseArgs } from 'node:util';
import { ConfigError } from '../config/config-error.ts';
import { TriliteError } from '../model/errors.ts';
import { namedFiles } from './file-arguments.ts';
import { flagFault } from './flag-fault.ts';
import { type Output, processOutput } from './output.ts';

/** For `parseArgs`; of `trilite test rules`. */
export const TEST_OPTIONS = {
  run: { type: 'string', multiple: true },
  diff: { type: 'boolean', default: false },
  debug: { type: 'boolean', default: false },
  junit: { type: 'string' },
  'ignore-unknown-fields': { type: 'boolean', default: false },
  // Promtool's, for what is on here anyway.
  'enable-feature': { type: 'string', multiple: true },
} as const;

export const TEST_USAGE = `Usage: trilite test rules [flags] FILE...
       trilite test promql FILE|DIRECTORY...

rules: unit tests of rules in promtool's form. The rules are evaluated as the server does it, over the series that
a test brings, and what fires and what queries answer is compared with what the test expects.

  --run REGEX              repeatable; only tests whose names match
  --diff                   alerts that are not those expected are told as a difference, in colours
  --debug                  everything that is there at the end of a test is printed
  --junit FILE             gets the results as JUnit XML
  --ignore-unknown-fields  keys of rule groups that are not known are passed over

  rule_files: [rules.yml]
  tests:
    - interval: 1m
      input_series:
        - { series: 'up{job="api"}', values: '1 1 0x10' }
      alert_rule_test:
        - eval_time: 10m
          alertname: ApiDown
          exp_alerts: [{ exp_labels: { job: api, severity: page } }]

Exit code 0 where all is well, else 1. docs/rules.md has the whole format.

promql: PromQL scripts, which say what series to load, queries to evaluate and the answers that are expected. Of a
directory every *.test below it is run. Prints a line for each case that failed, as FILE:LINE: QUERY: what is wrong,
and ends with "N passed, N failed".

  load 1m
    requests_total{job="a"} 0+60x10

  eval instant at 5m rate(requests_total[2m])
    {job="a"} 1

Exit code 0 where all passed, 1 where one failed or a script cannot be read, 2 for a file that is not there.
docs/promql-scripts.md has the whole format.
`;

/** Resolves with the exit code. Throws `ConfigError` or `TriliteError` for arguments that cannot be. */
export async function testCommand(rest: readonly string[], output: Output = processOutput): Promise<number> {
  const [kind, ...args] = rest;
  if (rest.some((argument) => argument === '--help' || argument === '-h')) {
    output.out(TEST_USAGE.trimEnd());
    return 0;
  }
  // Promtool's flags may stand before what they belong to.
  if (rest.includes('rules') && kind !== 'promql') return testRules(rest, output);
  const flag = args.find((file) => file.startsWith('-'));
  if (flag !== undefined) throw new ConfigError(`unknown flag ${flag}; see trilite test --help`);
  if (kind !== 'promql' || args.length === 0) {
    throw new ConfigError('usage: trilite test rules|promql FILE...; see trilite test --help');
  }
  return (await import('./test-promql.ts')).testPromqlCommand(args);
}

async function testRules(args: readonly string[], output: Output): Promise<number> {
  const { values, positionals } = parseFlags(args);
  const files = positionals.slice(1);
  if (positionals[0] !== 'rules' || files.length === 0) {
    throw new TriliteError('bad_data', 'usage: trilite test rules FILE...; see trilite test --help');
  }
  const found = namedFiles(files);
  const { testRuleFiles } = await import('./test-rules.ts');
  const { compileSearch } = await import('../model/regex.ts');
  const options = {
    run: values.run && compileSearch(values.run.join('|')),
    isDiff: values.diff,
    isDebug: values.debug,
    unknownKeys: values['ignore-unknown-fields'] ? ('ignored' as const) : ('refused' as const),
    junitFile: values.junit,
  };
  return testRuleFiles(found, options, output);
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      allowNegative: true,
      options: TEST_OPTIONS,
    });
  } catch (error) {
    throw flagFault(error, 'test');
  }
}
