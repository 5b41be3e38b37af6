/** `trilite check web-config FILE…`: web configurations with their certificates and keys, as promtool checks them. */

import { readServerMaterial } from '../base/server-tls-material.ts';
import { readWebConfigFile } from '../config/web-config-file.ts';
import { EXIT_FAILED } from './check-rules.ts';
import type { Output } from './output.ts';

/** Resolves with the exit code. */
export async function checkWebConfigs(files: readonly string[], output: Output): Promise<number> {
  let hasFailed = false;
  for (const file of files) {
    try {
      const { tls, warnings } = await readWebConfigFile(file);
      if (tls) await readServerMaterial(tls);
      for (const warning of warnings) output.err(`WARNING: ${warning}`);
      output.err(`${file} SUCCESS`);
    } catch (error) {
      output.err(`${file} FAILED: ${(error as Error).message}`);
      hasFailed = true;
    }
  }
  return hasFailed ? EXIT_FAILED : 0;
}
