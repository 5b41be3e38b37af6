/** How `trilite tail` shows a line. */

import type { TailedLine } from './tail-connection.ts';
import type { TailFlags } from './tail-flags.ts';

/** SGR parameters. */
const DIM = '2';
const CYAN = '36';
/** Of lines, by what their level begins with; others stay as they are. */
const LEVEL_STYLES: readonly (readonly [level: RegExp, style: string])[] = [
  [/^(fatal|crit|emerg|alert|panic)/i, '1;31'],
  [/^err/i, '31'],
  [/^warn/i, '33'],
  [/^(debug|trace)/i, DIM],
];
const LEVEL_LABELS = ['detected_level', 'level', 'severity', 'lvl'];
/** Made by the server out of another label. */
const DERIVED_LABEL = 'service_name';
/** Streams that are compared; with more of them it is known in what they differ. */
const STREAMS_MAX = 10_000;
const NS_PER_MS = 1_000_000n;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const CONTROL = /\x1b\[[0-9;]*m|[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

export interface PrintStyle extends Pick<TailFlags, 'output' | 'allLabels' | 'utc'> {
  readonly color: boolean;
}

export class TailPrinter {
  readonly #style: PrintStyle;
  readonly #now: () => number;
  readonly #differing = new DifferingLabels();

  constructor(style: PrintStyle, now: () => number = Date.now) {
    this.#style = style;
    this.#now = now;
  }

  /** The text of lines that came together, each with its end. */
  print(lines: readonly TailedLine[]): string {
    const { output } = this.#style;
    if (output === 'raw') return lines.map(({ line }) => `${line}\n`).join('');
    if (output === 'jsonl') return lines.map((line) => `${jsonOf(line)}\n`).join('');
    for (const { stream } of lines) this.#differing.note(stream);
    return lines.map((line) => `${this.#describe(line)}\n`).join('');
  }

  #describe(entry: TailedLine): string {
    const labels = this.#labels(entry)
      .map(([name, value]) => `${name}=${/^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)}`)
      .join(' ');
    const parts = [this.#paint(DIM, this.#time(entry.ns))];
    if (labels !== '') parts.push(this.#paint(CYAN, this.#clean(labels)));
    parts.push(this.#paint(styleOf(entry), this.#clean(entry.line).replaceAll('\n', '\n    ')));
    return parts.join(' ');
  }

  #labels({ stream, structuredMetadata, parsed }: TailedLine): [string, string][] {
    if (this.#style.allLabels) return Object.entries({ ...stream, ...structuredMetadata, ...parsed });
    const shown = Object.entries(stream).filter(([name]) => this.#differing.has(name));
    return shown.filter(
      ([name, value]) =>
        name !== DERIVED_LABEL || !shown.some(([other, same]) => other !== name && same === value),
    );
  }

  /** The time of day; with the date where that is not today. */
  #time(ns: string): string {
    const text = (ms: number) => {
      const offsetMs = this.#style.utc ? 0 : new Date(ms).getTimezoneOffset() * 60_000;
      return new Date(ms - offsetMs).toISOString().replace('T', ' ').slice(0, -1);
    };
    const time = text(Number(BigInt(ns) / NS_PER_MS));
    const [today] = text(this.#now()).split(' ') as [string];
    return time.startsWith(`${today} `) ? time.slice(today.length + 1) : time;
  }

  #paint(style: string | undefined, text: string): string {
    return style === undefined || !this.#style.color ? text : `\x1b[${style}m${text}\x1b[0m`;
  }

  /** What would steer the terminal is shown; colours of the line's own stay where there are colours. */
  #clean(text: string): string {
    return text.replace(CONTROL, (found) => {
      if (found.length > 1) return this.#style.color ? found : '';
      return `\\x${found.charCodeAt(0).toString(16).padStart(2, '0')}`;
    });
  }
}

function styleOf({ stream, structuredMetadata, parsed }: TailedLine): string | undefined {
  for (const name of LEVEL_LABELS) {
    const level = structuredMetadata[name] ?? parsed[name] ?? stream[name];
    if (level !== undefined) return LEVEL_STYLES.find(([begins]) => begins.test(level))?.[1];
  }
  return undefined;
}

function jsonOf({ ns, line, stream, structuredMetadata, parsed }: TailedLine): string {
  const at = BigInt(ns);
  const seconds = new Date(Number(at / NS_PER_MS)).toISOString().slice(0, 19);
  const time = `${seconds}.${String(at).padStart(9, '0').slice(-9)}Z`;
  return JSON.stringify({ time, line, stream, structuredMetadata, parsed });
}

/** In which labels the streams seen so far differ: the others say nothing. */
class DifferingLabels {
  readonly #streams = new Set<string>();
  /** The value that all have; undefined where they differ. */
  readonly #values = new Map<string, string | undefined>();

  note(stream: Readonly<Record<string, string>>): void {
    const key = JSON.stringify(stream);
    if (this.#streams.has(key) || this.#streams.size >= STREAMS_MAX) return;
    const isFirst = this.#streams.size === 0;
    this.#streams.add(key);
    for (const [name, value] of Object.entries(stream)) {
      if (isFirst) this.#values.set(name, value);
      else if (this.#values.get(name) !== value) this.#values.set(name, undefined);
    }
    for (const name of this.#values.keys()) if (!(name in stream)) this.#values.set(name, undefined);
  }

  has(name: string): boolean {
    return this.#values.has(name) && this.#values.get(name) === undefined;
  }
}
