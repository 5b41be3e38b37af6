/** Completion of TraceQL: attributes and their values as the server knows them, and the language's own words where they fit. */

import type { TagScope, TagValue } from '../../api/tempo-answers.ts';
import type { Completer, CompletionOption, Completions } from '../../editor/completion.ts';
import { type Place, placeIn } from './traceql-place.ts';
import {
  INTRINSICS,
  KIND_WORDS,
  METRIC_FILTERS,
  METRIC_STAGES,
  SCOPES,
  STAGES,
  STATUS_WORDS,
  STRUCTURAL,
  type Word,
} from './traceql-words.ts';

/** What completion asks of the server. */
export interface KnownTags {
  scopes(): Promise<readonly TagScope[]>;
  /** `q` narrows. */
  values(tag: string, q: string): Promise<readonly TagValue[]>;
}

const COMPARISONS: readonly Word[] = [
  { word: '=', info: 'is' },
  { word: '!=', info: 'is there, and is something else' },
  { word: '=~', info: 'matches the whole regular expression' },
  { word: '!~', info: 'does not match the regular expression' },
  { word: '>', info: 'is more' },
  { word: '>=', info: 'is as much or more' },
  { word: '<', info: 'is less' },
  { word: '<=', info: 'is as much or less' },
];
const CONNECTIVES: readonly Word[] = [
  { word: '&&', info: 'and' },
  { word: '||', info: 'or' },
];
const QUERIES: readonly Word[] = [
  { word: '{ status = error }', info: 'Traces with spans that failed' },
  { word: '{ duration > 500ms }', info: 'Traces with slow spans' },
  { word: '{ resource.service.name = "" }', info: 'Traces that a service takes part in' },
  { word: '{ kind = server } | rate() by(resource.service.name)', info: 'Requests a second by service' },
  { word: '{ kind = server } | quantile_over_time(duration, 0.95) by(name)', info: 'How long requests take' },
  { word: '{} | compare({ status = error })', info: 'What failed spans have that others do not' },
];

export function traceqlCompleter(known: KnownTags): Completer {
  return async ({ text, at, isExplicit }) => {
    const place = placeIn(text, at);
    const typed = text.slice(place.from, at);
    if (text.trim() === '') return isExplicit ? { from: 0, options: snippets(QUERIES) } : undefined;
    // Signs are quicker typed than chosen: they are offered to those who ask.
    if (typed === '' && !isExplicit && place.wants !== 'value' && place.wants !== 'attribute')
      return undefined;
    const options = await optionsAt(place, known);
    return withEnd(place, text, at, options);
  };
}

async function optionsAt(place: Place, known: KnownTags): Promise<readonly CompletionOption[]> {
  switch (place.wants) {
    case 'attribute':
      return attributes(await known.scopes());
    case 'value':
      return values(place, known);
    case 'comparison':
      return words(COMPARISONS, 'operator');
    case 'connective':
      return words(CONNECTIVES, 'operator');
    case 'spanset':
      return snippets(QUERIES);
    case 'stage':
      return [...stages(METRIC_STAGES), ...stages(STAGES), ...stages(METRIC_FILTERS)];
    case 'after-spanset':
      return [
        { label: '|', kind: 'operator', info: 'A pipeline: counts, rates …' },
        ...words(STRUCTURAL, 'operator'),
      ];
  }
}

function words(list: readonly Word[], kind: CompletionOption['kind']): CompletionOption[] {
  return list.map(({ word, info }) => ({ label: word, kind, info }));
}

function snippets(list: readonly Word[]): CompletionOption[] {
  return list.map(({ word, info }) => ({ label: word, kind: 'snippet', info }));
}

function stages(list: readonly Word[]): CompletionOption[] {
  return list.map(({ word, info }) => ({ label: word, kind: 'function', info, insert: `${word}(` }));
}

function attributes(scopes: readonly TagScope[]): CompletionOption[] {
  const named = scopes
    .filter(({ name }) => name !== 'intrinsic')
    .flatMap(({ name, tags }) =>
      tags.map(
        (tag): CompletionOption => ({ label: `${name}.${quotedName(tag)}`, kind: 'attribute', detail: name }),
      ),
    );
  const intrinsics = INTRINSICS.map(
    ({ word, info }): CompletionOption => ({ label: word, kind: 'keyword', detail: 'intrinsic', info }),
  );
  return [
    ...intrinsics,
    ...named,
    ...SCOPES.map((scope): CompletionOption => ({ label: scope, kind: 'keyword' })),
  ];
}

/** Signs in a name have to be in quotes. */
function quotedName(name: string): string {
  return /[\s{}()=~!<>&|^,"]/.test(name) ? JSON.stringify(name) : name;
}

async function values(place: Place, known: KnownTags): Promise<CompletionOption[]> {
  const { attribute = '', others = '{}', isQuoted } = place;
  const keyword = (label: string): CompletionOption => ({ label, kind: 'keyword' });
  if (/^(?:span:)?status$/.test(attribute)) return STATUS_WORDS.map(keyword);
  if (/^(?:span:)?kind$/.test(attribute)) return KIND_WORDS.map(keyword);
  if (/duration$/i.test(attribute)) return ['10ms', '100ms', '500ms', '1s', '10s'].map(keyword);
  if (!/[.:]|^(?:name|rootName|rootServiceName|statusMessage)$/.test(attribute)) return [];
  const found = await known.values(attribute, others);
  return found.flatMap(({ type, value }): CompletionOption[] => {
    if (value === undefined || (isQuoted && type !== 'string')) return [];
    const literal = type === 'string' ? JSON.stringify(value) : value;
    return [{ label: literal, kind: 'value', detail: type }];
  });
}

/** A string that has been closed already is replaced with its quote. */
function withEnd(
  { from, isQuoted }: Place,
  text: string,
  at: number,
  options: readonly CompletionOption[],
): Completions {
  if (!isQuoted || text[at] !== text[from]) return { from, options };
  return { from, to: at + 1, options };
}
