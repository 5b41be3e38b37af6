/** The files that a configuration is made of: those that reloading reads. Files of secrets are read when they are used. */

import type { Config } from './settings.ts';

/** Paths and globs of them; the first is the configuration file. None where there is no such file. */
export function configFiles({
  file,
  promtail,
  webConfigFile,
  scrapeFiles,
  ruleSources,
  alertmanagerFile,
  alertmanager,
}: Config): readonly string[] {
  const named = ruleSources.flatMap((source) => source.files.map(({ pattern }) => pattern));
  const ofAlerts = [alertmanagerFile, ...(alertmanager?.templates ?? [])];
  return [file, promtail.file, webConfigFile, ...ofAlerts, ...scrapeFiles, ...named].filter(
    (path) => path !== undefined,
  );
}
