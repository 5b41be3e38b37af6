/** `--http.config.file`: a file that is nothing but an HTTP client block, as promtool takes it. */

import { readFileSync } from 'node:fs';
import { fileError } from '../base/file-error.ts';
import type { HttpClientConfig } from '../base/http-client.ts';
import { ConfigError } from './config-error.ts';
import type { Environment } from './environment.ts';
import { HTTP_CLIENT_KEYS, readHttpClient } from './http-client-section.ts';
import { Warnings } from './warnings.ts';
import { parseYaml } from './yaml-node.ts';

const NOTHING_SAID: HttpClientConfig = { followRedirects: true, httpHeaders: {} };

/** Throws `ConfigError`. */
export async function readHttpClientFile(
  file: string,
  environment: Environment = {},
): Promise<HttpClientConfig> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`cannot read the HTTP client configuration: ${fileError(error, file)}`);
  }
  const root = parseYaml(await import('yaml'), file, text, environment);
  return root ? readHttpClient(root.fields(HTTP_CLIENT_KEYS), new Warnings()) : NOTHING_SAID;
}
