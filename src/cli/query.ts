/** `trilite query`: a question in one of the three languages, and its answer in the terminal or for another program. */

import { clientEnvironment } from '../config.ts';
import { type Output, processOutput } from './output.ts';
import { answerText } from './print/answer-text.ts';
import { type Answer, ask, isEmpty } from './query-ask.ts';
import { faultLines } from './query-fault.ts';
import { parseQueryFlags, QUERY_USAGE, type QueryFlags, readTimes } from './query-flags.ts';
import { isLogMetric, subjectOf } from './query-language.ts';
import { openSource, type QuerySource } from './query-source.ts';

const EXIT_NOTHING = 1;
const EXIT_UNREACHABLE = 3;
const EXIT_REFUSED = 4;
const HEIGHT_DEFAULT = 16;
/** Of the screen's rows those that a graph's axis, legend and the prompt need. */
const ROWS_BESIDE = 8;

/** What is written to, as far as a command looks at it. */
export interface QueryTerminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** Resolves with the exit code. Throws `ConfigError` for bad flags, `TriliteError` where a database cannot be opened. */
export async function queryCommand(
  argv: readonly string[],
  output: Output = processOutput,
  terminal: QueryTerminal = process.stdout,
): Promise<number> {
  const environment = clientEnvironment();
  const flags = parseQueryFlags(argv, environment.address, environment);
  if (!flags) {
    output.out(QUERY_USAGE.trimEnd());
    return 0;
  }
  // Whoever read has seen enough (`| head`).
  if (output === processOutput) process.stdout.on('error', () => process.exit(0));
  const subject = flags.subject ?? subjectOf(flags.text);
  const source = await openSource(flags);
  try {
    const answer = await ask(source.client, {
      ...flags,
      subject,
      isGraph: flags.output === 'graph',
      isMetric: subject === 'logql' && isLogMetric(flags.text),
      times: readTimes(flags.times, source.nowMs),
    });
    show(answer, flags, source, output, terminal, environment);
    return isEmpty(answer) ? EXIT_NOTHING : 0;
  } catch (error) {
    return tell(error as Error, flags.text, output);
  } finally {
    await source.close();
  }
}

function show(
  answer: Answer,
  flags: QueryFlags,
  source: QuerySource,
  output: Output,
  terminal: QueryTerminal,
  { noColor, isDumb }: { readonly noColor: boolean; readonly isDumb: boolean },
): void {
  if ('warnings' in answer) {
    for (const warning of answer.warnings) output.err(`trilite: warning: ${warning}`);
    for (const info of answer.infos) output.err(`trilite: note: ${info}`);
  }
  if (flags.output === 'json') {
    output.out(Buffer.from(source.lastBody()).toString().trimEnd());
    return;
  }
  const isScreen = terminal.isTTY === true;
  if (isEmpty(answer)) {
    if (isScreen) output.err('nothing found');
    // The head of a table that a program reads.
    if (flags.output !== 'csv') return;
  }
  const text = answerText(answer, flags.output, {
    width: flags.width ?? (isScreen ? terminal.columns || undefined : undefined) ?? Number.POSITIVE_INFINITY,
    height: flags.height ?? heightOf(terminal),
    color: flags.color === 'always' || (flags.color === 'auto' && isScreen && !noColor),
    ascii: flags.ascii || isDumb,
    utc: flags.utc,
    all: flags.all,
  });
  if (text !== '') output.out(text.replace(/\r?\n$/, flags.output === 'csv' ? '\r' : ''));
}

function heightOf({ isTTY, rows }: QueryTerminal): number {
  if (!isTTY || !rows) return HEIGHT_DEFAULT;
  return Math.max(4, Math.min(rows - ROWS_BESIDE, 2 * HEIGHT_DEFAULT));
}

/** On stderr; gives the exit code. Rethrows what is no answer of a server. */
function tell(error: Error, query: string, output: Output): number {
  if (error.name === 'UnreachableError') {
    output.err(`trilite: cannot reach ${error.message}`);
    return EXIT_UNREACHABLE;
  }
  if (error.name !== 'TriliteError') throw error;
  const [first, ...more] = faultLines(error.message, query);
  output.err(`trilite: ${first}`);
  for (const line of more) output.err(line);
  return EXIT_REFUSED;
}
