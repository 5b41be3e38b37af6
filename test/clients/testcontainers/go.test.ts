/**
 * The Go module for `grafana/otel-lgtm` of Testcontainers, by its own tests, over the image that stands in for it. Asked for by
 * `TRILITE_TEST_CLIENTS=testcontainers`, where a Docker engine runs and has that image under the tag that those tests start:
 *
 *   docker build --target otel-lgtm --build-arg GRAFANA_VERSION=11.0.0 -t grafana/otel-lgtm:0.6.0 .
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { skipClient } from '../otlp/built-client.ts';

const MODULE = 'github.com/testcontainers/testcontainers-go/modules/grafana-lgtm';
const VERSION = 'v0.43.0';
const IMAGE = 'grafana/otel-lgtm:0.6.0';
const MAX_MS = 600_000;

function withoutImage(): string | false {
  const { status } = spawnSync('docker', ['image', 'inspect', IMAGE], { stdio: 'ignore' });
  return status !== 0 && `no Docker engine with the image ${IMAGE}`;
}

const skip = skipClient('testcontainers', 'go') || withoutImage();
const folder = mkdtempSync(path.join(os.tmpdir(), 'trilite-testcontainers-'));
after(() => rmSync(folder, { recursive: true, force: true }));

describe('the Go module of Testcontainers', { skip, timeout: MAX_MS }, () => {
  it('passes its own tests', () => {
    writeFileSync(path.join(folder, 'go.mod'), `module tried\n\ngo 1.25\n\nrequire ${MODULE} ${VERSION}\n`);
    writeFileSync(path.join(folder, 'tried.go'), `package tried\n\nimport _ "${MODULE}"\n`);
    const env = {
      ...process.env,
      GOFLAGS: '-mod=mod',
      // Containers are ended by the tests themselves.
      TESTCONTAINERS_RYUK_DISABLED: 'true',
      TESTCONTAINERS_HOST_OVERRIDE: '127.0.0.1',
    };
    const { status, stdout, stderr } = spawnSync('go', ['test', '-v', '-count=1', '-timeout=8m', MODULE], {
      cwd: folder,
      env,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    assert.equal(status, 0, stdout + stderr);
    for (const name of ['TestGrafanaLGTM/right-version', 'ExampleRun_otelCollector']) {
      assert.match(stdout, new RegExp(`--- PASS: ${name}`));
    }
  });
});
