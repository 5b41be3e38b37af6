/** Messages between the front and the thread that sends metrics on. */

import type { LogFields, LogLevel } from '../../base/log.ts';
import type { RemoteWriteConfig } from './remote-write-config.ts';

/** What the thread is started with. */
export interface WriteThreadData {
  readonly path: string;
  readonly nativeBinding: string | undefined;
  readonly userAgent: string;
  /** One word: 1 while the thread wants to be told of rows. */
  readonly waiting: SharedArrayBuffer;
}

export interface RemoteSetup {
  /** Its position is known by this. */
  readonly key: string;
  readonly config: RemoteWriteConfig;
  readonly counters: SharedArrayBuffer;
  /** Of rows up to this number it has had everything; undefined: it begins with what comes next. */
  readonly position: number | undefined;
}

export type ToWriteThread =
  | {
      readonly kind: 'apply';
      readonly remotes: readonly RemoteSetup[];
      readonly externalLabels: Readonly<Record<string, string>>;
      readonly queueBytesMax: number;
    }
  | { readonly kind: 'rows' }
  | { readonly kind: 'stop' };

/** By key. */
export type Positions = Readonly<Record<string, number>>;

export type FromWriteThread =
  | { readonly kind: 'positions'; readonly positions: Positions }
  | { readonly kind: 'stopped'; readonly positions: Positions }
  | {
      readonly kind: 'log';
      readonly level: LogLevel;
      readonly message: string;
      readonly fields: LogFields;
    };
