/** Whether targets can be scraped, or Alertmanagers be told of alerts, once their labels have been rewritten. */

import { ConfigError } from '../config/config-error.ts';
import { compileRelabel, type NameValidation, relabel } from '../model/relabel.ts';
import type { AlertmanagerConfig } from '../rules/notify/alertmanager-config.ts';
import { addressFault, discoveredLabels as alertmanagerLabels } from '../rules/notify/alertmanager-target.ts';
import type { ScrapeConfig } from '../scrape/scrape-config.ts';
import { buildTarget, discoveredLabels, type TargetGroup } from '../scrape/target.ts';

/** Throws `ConfigError` for the first target that cannot be scraped. */
export function checkScrapeTargets(groups: readonly TargetGroup[], job: ScrapeConfig): void {
  const rules = compileRelabel(job.relabelConfigs);
  for (const [i, group] of groups.entries()) {
    for (const [instance, address] of group.targets.entries()) {
      const outcome = buildTarget(discoveredLabels(address, group, job), job, rules);
      if (outcome.kind !== 'invalid') continue;
      const { message } = outcome;
      throw new ConfigError(
        `job ${JSON.stringify(job.jobName)}: instance ${instance} in group ${i}: ${message}`,
      );
    }
  }
}

/** Throws `ConfigError` for the first one that has no address to send to. */
export function checkAlertmanagerTargets(
  groups: readonly TargetGroup[],
  alertmanagers: AlertmanagerConfig,
  nameValidation: NameValidation,
): void {
  const rules = compileRelabel(alertmanagers.relabelConfigs);
  for (const group of groups) {
    for (const target of group.targets) {
      const labels = relabel(alertmanagerLabels(target, group, alertmanagers), rules, nameValidation);
      const fault = labels && addressFault(labels);
      if (fault !== undefined) throw new ConfigError(fault);
    }
  }
}
