/**
 * Targets from files: JSON or YAML lists of `{targets, labels}`. The folders of the files are watched, and the files are read
 * again when something happens there, and every refresh interval in any case. A file that cannot be read or parsed keeps what
 * it said last, so that a half-written file loses no target; a file that is gone has none.
 */

import { readFile, stat } from 'node:fs/promises';
import type { Clock, Timer } from '../../base/clock.ts';
import { TriliteError } from '../../model/errors.ts';
import type { TargetGroup } from '../target.ts';
import type { Discovery } from './discovery.ts';
import type { FileDiscoveryConfig } from './discovery-config.ts';
import type { DiscoveryTelemetry } from './discovery-telemetry.ts';
import { FolderWatch } from './folder-watch.ts';
import { expandPattern, folderOf } from './path-pattern.ts';
import { jsonGroups, yamlGroups } from './target-groups.ts';

const FILE_PATH = '__meta_filepath';
/** Writing a file is several events; so is swapping a folder. */
const SETTLE_MS = 50;

/**
 * Reads a YAML document as plain data in which every scalar is a string as it is written, or null; handed in by whoever reads
 * the configuration.
 */
export type ParseYaml = (text: string) => unknown;

export interface FileParts {
  readonly clock: Clock;
  readonly parseYaml: ParseYaml;
  readonly telemetry: DiscoveryTelemetry;
  readonly onError: (path: string, error: unknown) => void;
}

interface KnownFile {
  readonly text: string;
  readonly groups: readonly TargetGroup[];
}

export class FileDiscovery implements Discovery {
  readonly #config: FileDiscoveryConfig;
  readonly #parts: FileParts;
  readonly #counts;
  readonly #watch: FolderWatch;
  /** By path. */
  readonly #known = new Map<string, KnownFile>();
  #update: (groups: readonly TargetGroup[]) => void = () => {};
  #timer: Timer | undefined;
  #isReading = false;
  /** Something happened while files were read. */
  #isOutdated = false;
  #isSoon = false;
  #isStopped = false;
  #isAnnounced = false;

  constructor(config: FileDiscoveryConfig, parts: FileParts) {
    this.#config = config;
    this.#parts = parts;
    this.#counts = parts.telemetry.file();
    const folders = config.files.map(folderOf).filter((folder) => folder !== undefined);
    this.#watch = new FolderWatch(folders, {
      onChange: () => this.#changed(),
      onError: (folder, error) => {
        this.#counts.watcherErrors.add();
        parts.onError(folder, error);
      },
    });
  }

  start(update: (groups: readonly TargetGroup[]) => void): void {
    this.#update = update;
    void this.#refresh();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#watch.close();
    for (const path of this.#known.keys()) this.#counts.forget(path);
  }

  #changed(): void {
    if (this.#isReading) this.#isOutdated = true;
    else this.#readSoon();
  }

  /** What goes on happening does not put it off. */
  #readSoon(): void {
    if (!this.#isSoon) this.#schedule(SETTLE_MS);
    this.#isSoon = true;
  }

  #schedule(delayMs: number): void {
    if (this.#isStopped) return;
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.after(delayMs, () => void this.#refresh());
  }

  async #refresh(): Promise<void> {
    this.#isReading = true;
    this.#isOutdated = false;
    this.#isSoon = false;
    const began = this.#parts.clock.elapsed();
    // Before the files are read, so that nothing falls between.
    await this.#watch.renew();
    const isChanged = await this.#read();
    this.#isReading = false;
    if (this.#isStopped) return;
    this.#counts.scanDuration.observe((this.#parts.clock.elapsed() - began) / 1000);
    if (isChanged || !this.#isAnnounced) {
      this.#isAnnounced = true;
      this.#update([...this.#known.values()].flatMap((file) => file.groups));
    }
    if (this.#isOutdated) this.#readSoon();
    else this.#schedule(this.#config.refreshIntervalMs);
  }

  /** Whether anything is different from the last time. */
  async #read(): Promise<boolean> {
    const paths = new Set<string>();
    for (const pattern of this.#config.files)
      for (const path of await expandPattern(pattern)) paths.add(path);
    let isChanged = false;
    for (const path of this.#known.keys()) {
      if (paths.has(path)) continue;
      this.#known.delete(path);
      this.#counts.forget(path);
      isChanged = true;
    }
    for (const path of paths) if (await this.#readOne(path)) isChanged = true;
    return isChanged;
  }

  /** Whether it says something else than before. */
  async #readOne(path: string): Promise<boolean> {
    try {
      const text = await readFile(path, 'utf8');
      const { mtimeMs } = await stat(path);
      const known = this.#known.get(path);
      if (this.#isStopped) return false;
      const groups =
        known?.text === text ? known.groups : await parseTargetFile(path, text, this.#parts.parseYaml);
      this.#known.set(path, { text, groups });
      this.#counts.mtime(path, Math.floor(mtimeMs / 1000));
      return known?.groups !== groups;
    } catch (error) {
      this.#counts.readErrors.add();
      this.#parts.onError(path, error);
      return false;
    }
  }
}

/** Rejects with `bad_data` where the file is no list of groups. */
export async function parseTargetFile(
  path: string,
  text: string,
  parseYaml: ParseYaml,
): Promise<TargetGroup[]> {
  const isJson = path.toLowerCase().endsWith('.json');
  try {
    const groups = isJson ? jsonGroups(text) : yamlGroups(await parseYaml(text));
    return groups.map(({ targets, labels }) => ({ targets, labels: { ...labels, [FILE_PATH]: path } }));
  } catch (error) {
    throw new TriliteError('bad_data', `${path}: ${(error as Error).message}`);
  }
}
