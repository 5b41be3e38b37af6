/**
 * From another system's configuration file to the one that means the same here. A table of moves says which of its settings
 * have a place; what no move took is told, by its path, so that nobody believes it to be in force.
 */

/** A file as plain YAML gives it. */
export type Settings = Readonly<Record<string, unknown>>;

/** Where a setting goes, and as what. */
export type Move = readonly [from: string, to: string, convert?: (value: unknown) => unknown];

export interface Converted {
  /** Of a configuration file of Trilite. */
  readonly config: Settings;
  /** What to know of it, a sentence each. */
  readonly notes: readonly string[];
  /** Paths of what has no effect here, the outermost where nothing below was taken. */
  readonly unheeded: readonly string[];
}

export class Conversion {
  readonly #given: Settings;
  readonly #taken = new Set<string>();
  readonly #config: Record<string, unknown> = {};
  readonly #notes: string[] = [];

  constructor(given: Settings) {
    this.#given = given;
  }

  /** The value at a path of the file, which counts as taken; undefined where there is none, or an empty one. */
  take(path: string): unknown {
    return this.has(path) ? (valueAt(this.#given, path) ?? undefined) : undefined;
  }

  /** Whether the file has the path, be it without a value, which counts as taken then. */
  has(path: string): boolean {
    const isThere = valueAt(this.#given, path) !== undefined;
    if (isThere) this.#taken.add(path);
    return isThere;
  }

  set(path: string, value: unknown): void {
    if (value === undefined) return;
    const keys = path.split('.');
    let into: Record<string, unknown> = this.#config;
    for (const key of keys.slice(0, -1)) {
      into[key] ??= {};
      into = into[key] as Record<string, unknown>;
    }
    into[keys.at(-1)!] = value;
  }

  move(moves: readonly Move[]): void {
    for (const [from, to, convert] of moves) {
      const value = this.take(from);
      if (value !== undefined) this.set(to, convert ? convert(value) : value);
    }
  }

  note(sentence: string): void {
    this.#notes.push(sentence);
  }

  end(): Converted {
    return { config: this.#config, notes: this.#notes, unheeded: this.#unheeded(this.#given, '') };
  }

  #unheeded(settings: Settings, prefix: string): string[] {
    return Object.entries(settings).flatMap(([key, value]) => {
      const path = prefix + key;
      if (this.#taken.has(path)) return [];
      const isPartlyTaken = [...this.#taken].some((taken) => taken.startsWith(`${path}.`));
      return isPartlyTaken && isSettings(value) ? this.#unheeded(value, `${path}.`) : [path];
    });
  }
}

function valueAt(settings: Settings, path: string): unknown {
  let value: unknown = settings;
  for (const key of path.split('.')) {
    if (!isSettings(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

export function isSettings(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Where a server of Go listens: a port, at an address that is usually not given and then means every one. */
export function listenAddress(host: unknown, port: unknown): string {
  const address = host === undefined || host === '' ? '0.0.0.0' : String(host);
  return `${address.includes(':') ? `[${address}]` : address}:${String(port)}`;
}
