/** Candidates in the middle of a query: names of metrics and labels, and values of labels, as a running server knows them. */

import { clientEnvironment } from '../config.ts';
import { parseQueryFlags } from './query-flags.ts';
import { openSource } from './query-source.ts';

/** Nobody waits longer for a Tab. */
const DEADLINE_MS = 1000;
const CANDIDATES_MAX = 500;
/** Flags that say where the server is and who asks. */
const CONNECTION =
  /^--(url|addr|header|org-id|username|password-file|token-file|tls\.[\w-]+|http\.config\.file)(=|$)/;

/** `command` is `query` or `tail`. Resolves with none where no server answers. */
export async function queryCandidates(
  command: string,
  positionals: readonly string[],
  words: readonly string[],
  text: string,
): Promise<string[]> {
  const language = command === 'tail' ? 'logql' : positionals[0];
  const wanted = wantedAt(text, language);
  if (!wanted) return [];
  const names = await askNames(connectionFlags(words), wanted.path).catch(() => []);
  const before = text.slice(0, text.length - wanted.typed.length);
  const found = names.filter((name) => name.startsWith(wanted.typed)).slice(0, CANDIDATES_MAX);
  return found.map((name) => before + name + wanted.after);
}

interface Wanted {
  /** Where the server lists the names. */
  readonly path: string;
  /** What there is of the name already. */
  readonly typed: string;
  /** What follows a name. */
  readonly after: string;
}

function wantedAt(text: string, language: string | undefined): Wanted | undefined {
  if (language === 'trace' || language === 'traceql') return undefined;
  const root = language === 'logql' ? '/loki/api/v1' : '/api/v1';
  const list = (label: string) => `${root}/label/${encodeURIComponent(label)}/values`;
  if (language === 'values') return { path: `${root}/labels`, typed: text, after: '' };
  const open = text.lastIndexOf('{');
  if (open > text.lastIndexOf('}')) {
    const inside = text.slice(open + 1);
    const [, label, typed] = /([A-Za-z_]\w*)\s*(?:=~|!~|!=|=)\s*"([^"\\]*)$/.exec(inside) ?? [];
    if (label !== undefined) return { path: list(label), typed: typed!, after: '"' };
    const name = /(?:^|,)\s*(\w*)$/.exec(inside)?.[1];
    return name === undefined ? undefined : { path: `${root}/labels`, typed: name, after: '="' };
  }
  // Log queries begin with a brace.
  if (language === 'logql') return undefined;
  const typed = /[A-Za-z_:][\w:]*$/.exec(text)?.[0] ?? '';
  return { path: list('__name__'), typed, after: '' };
}

function connectionFlags(words: readonly string[]): string[] {
  return words.flatMap((word, at) => {
    if (!CONNECTION.test(word)) return [];
    const flag = word.replace(/^--addr/, '--url');
    const isWhole = word.includes('=') || word === '--tls.insecure-skip-verify';
    return isWhole ? [flag] : [flag, words[at + 1] ?? ''];
  });
}

async function askNames(flags: readonly string[], path: string): Promise<readonly string[]> {
  const environment = clientEnvironment();
  const parsed = parseQueryFlags([...flags, 'up'], environment.address, environment);
  if (!parsed) return [];
  const source = await openSource(parsed);
  try {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    return (await source.client.json<{ data?: readonly string[] }>({ path, signal })).data ?? [];
  } finally {
    await source.close();
  }
}
