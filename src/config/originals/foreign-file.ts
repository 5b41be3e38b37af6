/** Configuration files of other systems, known by keys that no other has, and what is to be done with each. */

import { isSettings, type Settings } from './conversion.ts';
import { isLokiFile } from './loki-file.ts';
import { isTempoFile } from './tempo-file.ts';

/** What the file is, for a sentence that begins with its name; undefined where it may be one of ours. */
export function foreignFile(file: string, content: unknown): string | undefined {
  if (!isSettings(content)) return undefined;
  const has = (key: string) => Object.hasOwn(content, key);
  // A file of ours may hold what Tempo's do (`metrics_generator`), so ours goes first.
  if (has('trilite') || has('global') || has('rule_files'))
    return isAlertmanagerFile(content) ? ALERTMANAGER : undefined;
  if (has('clients') && has('scrape_configs'))
    return `a configuration of Promtail: give it as --promtail-config ${file}`;
  if (isLokiFile(content)) return converted('Loki', 'loki', file);
  if (isTempoFile(content)) return converted('Tempo', 'tempo', file);
  if (has('receivers') && has('service')) {
    return 'a configuration of the OpenTelemetry collector: it can send to this server, which takes OTLP as it is';
  }
  return isAlertmanagerFile(content) ? ALERTMANAGER : undefined;
}

const ALERTMANAGER = 'a configuration of Alertmanager, which is not read';

function isAlertmanagerFile(content: Settings): boolean {
  return isSettings(content.route) && Array.isArray(content.receivers);
}

function converted(name: string, page: string, file: string): string {
  return `a configuration of ${name}: "trilite convert ${file}" prints what takes its place (docs/migrate/${page}.md)`;
}
