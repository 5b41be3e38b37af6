/**
 * `--target` and the flags that belong to the target before them:
 *
 *   --target prometheus=http://a:9090,loki=http://a:3100,name=ours --pid 12 --data-dir /var/lib/ours --header 'x: y'
 *
 * `trilite=URL` stands for all APIs at one URL.
 */

import { BenchFlagError } from './flag-error.ts';
import { type System, type TargetUrlKind, URL_KINDS } from './target.ts';

/** Where Trilite listens unless it is told otherwise. */
const DEFAULT_SPEC =
  'name=trilite,prometheus=http://127.0.0.1:9090,loki=http://127.0.0.1:3100,tempo=http://127.0.0.1:3200,otlp=http://127.0.0.1:4318,otlp-grpc=http://127.0.0.1:4317';

interface Draft {
  name: string | undefined;
  readonly urls: Partial<Record<TargetUrlKind, string>>;
  readonly headers: Record<string, string>;
  readonly pids: number[];
  dataDir: string | undefined;
}

export class TargetList {
  readonly #drafts: Draft[] = [];
  /** Of flags that came before any target: they belong to the default one. */
  #implicit: Draft | undefined;

  /** `flag` without its dashes, in the order of the command line. */
  add(flag: string, value: string): void {
    if (flag === 'target') {
      if (this.#implicit) throw new BenchFlagError(`--${flag} comes before the flags that belong to it`);
      this.#drafts.push(draftOf(value));
      return;
    }
    let draft = this.#drafts.at(-1);
    if (!draft) {
      this.#implicit = draft = draftOf(DEFAULT_SPEC);
      this.#drafts.push(draft);
    }
    if (flag === 'header') setHeader(draft, value);
    else set(draft, flag === 'data-dir' ? 'data' : flag, value);
  }

  systems(): System[] {
    const drafts = this.#drafts.length > 0 ? this.#drafts : [draftOf(DEFAULT_SPEC)];
    const systems = drafts.map((draft) => ({
      name: draft.name ?? Object.keys(draft.urls)[0]!,
      urls: draft.urls,
      headers: draft.headers,
      pids: draft.pids,
      dataDir: draft.dataDir,
    }));
    const names = new Set<string>();
    for (const { name } of systems) {
      if (names.has(name))
        throw new BenchFlagError(`two targets are named ${name}: give one another with name=`);
      names.add(name);
    }
    return systems;
  }
}

function draftOf(spec: string): Draft {
  const draft: Draft = { name: undefined, urls: {}, headers: {}, pids: [], dataDir: undefined };
  for (const part of spec.split(',')) {
    const equals = part.indexOf('=');
    if (equals < 1) {
      throw new BenchFlagError(`--target: ${JSON.stringify(part)} is not KIND=URL; see trilite bench --help`);
    }
    set(draft, part.slice(0, equals), part.slice(equals + 1));
  }
  if (Object.keys(draft.urls).length === 0)
    throw new BenchFlagError(`--target: ${JSON.stringify(spec)} has no URL`);
  return draft;
}

function set(draft: Draft, key: string, value: string): void {
  switch (key) {
    case 'trilite': {
      const url = urlOf(key, value);
      for (const kind of URL_KINDS) draft.urls[kind] = url;
      draft.name ??= 'trilite';
      return;
    }
    case 'name':
      if (!/^[\w.-]+$/.test(value))
        throw new BenchFlagError(`a name is made of letters, digits, ".", "_" and "-"`);
      draft.name = value;
      return;
    case 'pid':
      for (const text of value.split(',')) draft.pids.push(pidOf(text));
      return;
    case 'data':
      if (value === '') throw new BenchFlagError('the data directory is empty');
      draft.dataDir = value;
      return;
    default: {
      const kind = URL_KINDS.find((known) => known === key);
      if (!kind) {
        const known = ['trilite', ...URL_KINDS, 'name', 'pid', 'data'].join(', ');
        throw new BenchFlagError(`--target: ${JSON.stringify(key)} is none of ${known}`);
      }
      draft.urls[kind] = urlOf(key, value);
    }
  }
}

function urlOf(key: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash) {
    throw new BenchFlagError(`--target: ${key}=${text} is not a URL such as http://127.0.0.1:9090`);
  }
  return text.replace(/\/+$/, '');
}

function pidOf(text: string): number {
  if (!/^[1-9]\d*$/.test(text))
    throw new BenchFlagError(`--pid: ${JSON.stringify(text)} is not a process id`);
  return Number(text);
}

function setHeader(draft: Draft, text: string): void {
  const match = /^([\w-]+):\s*(.*)$/.exec(text);
  if (!match) throw new BenchFlagError(`--header: ${JSON.stringify(text)} is not "Name: value"`);
  draft.headers[match[1]!.toLowerCase()] = match[2]!;
}
