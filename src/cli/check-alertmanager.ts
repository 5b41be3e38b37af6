/** `trilite check alertmanager FILE…`: an `alertmanager.yml` with the templates that it names, as amtool tells it. */

import {
  NotificationTemplates,
  readTemplateFiles,
} from '../alertmanager/templates/notification-templates.ts';
import { readAlertmanagerFile } from '../config/alertmanager/alertmanager-file.ts';
import { inheritedEnvironment } from '../config.ts';
import { EXIT_FAILED } from './check-rules.ts';
import type { Output } from './output.ts';

/** Resolves with the exit code. */
export async function checkAlertmanagerFiles(files: readonly string[], output: Output): Promise<number> {
  let failed = 0;
  for (const file of files) {
    if (!(await isGood(file, output))) failed++;
    output.out('');
  }
  if (failed === 0) return 0;
  output.err(`trilite: error: failed to validate ${failed} file(s)`);
  return EXIT_FAILED;
}

async function isGood(file: string, output: Output): Promise<boolean> {
  try {
    const { routing, receivers, templates, warnings } = await readAlertmanagerFile(
      file,
      inheritedEnvironment(),
    );
    output.out(`Checking '${file}'  SUCCESS`);
    for (const warning of warnings) output.err(`WARNING: ${warning}`);
    output.out('Found:');
    // There is one by default.
    output.out(' - global config');
    output.out(' - route');
    output.out(` - ${routing.inhibitRules.length} inhibit rules`);
    output.out(` - ${receivers.length} receivers`);
    output.out(` - ${templates.length} templates`);
    return templates.length === 0 || areTemplates(templates, output);
  } catch (error) {
    output.out(`Checking '${file}'  FAILED: ${(error as Error).message}`);
    return false;
  }
}

function areTemplates(patterns: readonly string[], output: Output): boolean {
  try {
    new NotificationTemplates(readTemplateFiles(patterns));
    output.out('  SUCCESS');
    return true;
  } catch (error) {
    output.out(`  FAILED: ${(error as Error).message}`);
    return false;
  }
}
