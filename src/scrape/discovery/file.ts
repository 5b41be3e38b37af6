/**
 * Targets from files: JSON or YAML lists of `{targets, labels}`. The files are read again every refresh interval;
 * a file that cannot be read or parsed keeps what it said last, so that a half-written file loses no target.
 */

import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Clock, Timer } from '../../base/clock.ts';
import { TriliteError } from '../../model/errors.ts';
import type { TargetGroup } from '../target.ts';
import type { Discovery } from './discovery.ts';
import type { FileDiscoveryConfig } from './discovery-config.ts';

const FILE_PATH = '__meta_filepath';
/** Between two looks at the files: sooner than the configured interval, since nothing watches them. */
const POLL_MS = 5_000;

/** Reads a YAML document as plain data; handed in by whoever reads the configuration. */
export type ParseYaml = (text: string) => unknown;

export class FileDiscovery implements Discovery {
  readonly #config: FileDiscoveryConfig;
  readonly #clock: Clock;
  readonly #parseYaml: ParseYaml;
  readonly #onError: (path: string, error: unknown) => void;
  readonly #known = new Map<string, { text: string; groups: readonly TargetGroup[] }>();
  #timer: Timer | undefined;
  #stopped = false;
  #announced = false;

  constructor(
    config: FileDiscoveryConfig,
    clock: Clock,
    parseYaml: ParseYaml,
    onError: (path: string, error: unknown) => void,
  ) {
    this.#config = config;
    this.#clock = clock;
    this.#parseYaml = parseYaml;
    this.#onError = onError;
  }

  start(update: (groups: readonly TargetGroup[]) => void): void {
    void this.#refresh(update);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async #refresh(update: (groups: readonly TargetGroup[]) => void): Promise<void> {
    const changed = await this.#read();
    if (this.#stopped) return;
    if (changed || !this.#announced) {
      this.#announced = true;
      update([...this.#known.values()].flatMap((f) => f.groups));
    }
    const delay = Math.min(POLL_MS, this.#config.refreshIntervalMs);
    this.#timer = this.#clock.after(delay, () => void this.#refresh(update));
  }

  /** Whether anything is different from the last time. */
  async #read(): Promise<boolean> {
    const paths = new Set<string>();
    for (const pattern of this.#config.files) for (const path of await expand(pattern)) paths.add(path);
    let changed = false;
    for (const path of this.#known.keys()) {
      if (paths.has(path)) continue;
      this.#known.delete(path);
      changed = true;
    }
    for (const path of paths) {
      try {
        const text = await readFile(path, 'utf8');
        if (this.#known.get(path)?.text === text) continue;
        this.#known.set(path, { text, groups: parseTargetFile(path, text, this.#parseYaml) });
        changed = true;
      } catch (e) {
        this.#onError(path, e);
      }
    }
    return changed;
  }
}

/** The files a pattern stands for: one `*` or more in its last part. */
async function expand(pattern: string): Promise<string[]> {
  const name = basename(pattern);
  if (!name.includes('*')) return [pattern];
  const pieces = name.split('*').map((p) => p.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const regex = new RegExp(`^${pieces.join('[^/]*')}$`);
  try {
    const all = await readdir(dirname(pattern));
    return all
      .filter((f) => regex.test(f))
      .sort()
      .map((f) => join(dirname(pattern), f));
  } catch {
    return []; // A directory that does not exist yet has no files.
  }
}

/** Throws `bad_data` where the file is no list of groups. */
export function parseTargetFile(path: string, text: string, parseYaml: ParseYaml): TargetGroup[] {
  const data: unknown = path.endsWith('.json') ? JSON.parse(text) : parseYaml(text);
  if (data === null || data === undefined) return [];
  if (!Array.isArray(data)) throw new TriliteError('bad_data', `${path}: not a list of target groups`);
  return data.map((group: unknown, i) => {
    const { targets, labels = {} } = (group ?? {}) as { targets?: unknown; labels?: unknown };
    const valid = Array.isArray(targets) && targets.every((t) => typeof t === 'string');
    if (!valid || typeof labels !== 'object' || labels === null) {
      throw new TriliteError('bad_data', `${path}: group ${i} needs "targets", a list of strings`);
    }
    const texts = Object.entries(labels).map(([k, v]) => [k, String(v)] as const);
    return { targets: targets as string[], labels: { ...Object.fromEntries(texts), [FILE_PATH]: path } };
  });
}
