/**
 * Clients in languages that are compiled: whether they are asked for, where what is built of them stays, and the tests
 * that an SDK gets. Building takes long where nothing has been built or downloaded yet, so which clients run is said by
 * `TRILITE_TEST_CLIENTS` (`go`, `java`, `rust`, `collector`, `testcontainers`, separated by commas; `all`, `none`); without it
 * those of `CI_CLIENTS` where everything has to be tested, and none elsewhere.
 */

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { postBody } from '../../support/http-api.ts';
import { findProgram, REQUIRE_ALL, runProgram } from '../../support/program.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';
import { type Application, checkStory, type Protocol, runStory } from './run-story.ts';
import type { Telling } from './story.ts';

export type BuiltClient = 'go' | 'java' | 'rust' | 'collector' | 'testcontainers';

/** 15 seconds of CPU for Java's where nothing is built; Go's take 50, the others 100 and more. */
const CI_CLIENTS: readonly string[] = ['go', 'java'];
/** Compilers, and downloads before them, on a slow machine. */
const BUILD_MAX_MS = 900_000;
const CACHE =
  process.env.TRILITE_TEST_CACHE ?? path.join(import.meta.dirname, '../../../node_modules/.cache/clients');

/** The reason not to run the client's tests; false to run them. */
export function skipClient(client: BuiltClient, program: string): string | false {
  const usual = REQUIRE_ALL ? CI_CLIENTS : [];
  const asked = process.env.TRILITE_TEST_CLIENTS?.split(',').map((name) => name.trim()) ?? usual;
  if (!asked.includes(client) && !asked.includes('all')) {
    return `takes long to build: TRILITE_TEST_CLIENTS=${client} runs it`;
  }
  // Not every machine has every compiler.
  return findProgram(program) === undefined && `no ${program} on PATH`;
}

/** The client's folder for what is built. */
export function buildFolder(client: BuiltClient): string {
  const folder = path.join(CACHE, client);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Builds the Go program of a folder. What it does is little: the compiler need not think long. */
export async function compileGo(folder: string, file: string): Promise<void> {
  await compile('go', ['build', '-C', folder, '-gcflags=all=-N -l', '-ldflags=-s -w', '-o', file, '.']);
}

/** Runs a compiler; what was built before makes it quick. */
export async function compile(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  await runProgram(program, args, environment, BUILD_MAX_MS);
}

export interface BuiltSdk {
  readonly client: BuiltClient;
  /** Builds it. */
  readonly build: () => Promise<Application>;
  /** What it is built with. */
  readonly program: string;
  readonly protocols: readonly Protocol[];
}

/** An SDK's tests: it tells the story by every protocol, plain and compressed, and all of it is read back exactly. */
export function testBuiltSdk(title: string, { client, build, program, protocols }: BuiltSdk): void {
  const skip = skipClient(client, program);
  describe(title, { timeout: BUILD_MAX_MS + 120_000, skip }, () => {
    let own: TemporaryServer;
    let application: Application;
    const tellings: Telling[] = [];
    before(async () => {
      application = await build();
      own = await temporaryServer();
    });
    after(() => own?.dispose());
    for (const protocol of protocols) {
      for (const compression of ['none', 'gzip'] as const) {
        test(`${protocol}, compression ${compression}`, async () => {
          tellings.push(await runStory(own.server, application, protocol, compression));
        });
      }
    }

    test('all of it after a flush and a compaction', async () => {
      await postBody(`${own.server.base}/-/flush?compact=true`, {}, '');
      assert.ok(tellings.length > 0);
      for (const telling of tellings) await checkStory(telling);
    });
  });
}
