/** Results of tests as JUnit's XML, in the form that promtool writes. */

export interface JunitSuite {
  readonly name: string;
  /** When it began; '' where it never did. */
  readonly timestamp: string;
  readonly cases: readonly JunitCase[];
  /** Why none of it was run. */
  readonly error?: string | undefined;
}

export interface JunitCase {
  readonly name: string;
  readonly failures: readonly string[];
}

/** What is told of a suite that was not run. */
const UNKNOWN_CASE = 'unknown';

export function junitXml(suites: readonly JunitSuite[]): string {
  return element('testsuites', {}, suites.map(suiteXml).join(''));
}

function suiteXml({ name, timestamp, cases, error }: JunitSuite): string {
  const failures = cases.reduce((sum, one) => sum + one.failures.length, 0);
  const all = error === undefined ? cases : [{ name: UNKNOWN_CASE, failures: [] }];
  const body = all
    .map((one) => {
      const inner = one.failures.map((failure) => element('failure', {}, escaped(failure))).join('');
      const told = error === undefined ? '' : element('error', {}, escaped(error));
      return element('testcase', { name: one.name }, inner + told);
    })
    .join('');
  const errors = error === undefined ? 0 : 1;
  return element('testsuite', { name, tests: all.length, failures, errors, skipped: 0, timestamp }, body);
}

function element(name: string, attributes: Readonly<Record<string, string | number>>, body: string): string {
  const own = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`);
  return `<${name}${own.join('')}>${body}</${name}>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
};

function escaped(text: string): string {
  // What XML cannot hold at all is replaced.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are meant
  return text.replace(/[&<>"'\t\n\r]/g, (c) => ENTITIES[c]!).replace(/[\0-\x1f\ufffe\uffff]/g, '\ufffd');
}
