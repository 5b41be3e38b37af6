/** `alerting:` of the file, `trilite.alerting`, and the flags of the original. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseConfigFile } from '../../src/config/file.ts';
import { parseCommandLine } from '../../src/config/flags.ts';
import { loadConfig } from '../../src/config.ts';
import { DEFAULT_ALERTING } from '../../src/rules/notify/alertmanager-config.ts';

const parse = (text: string) => parseConfigFile('c.yml', text, {});

describe('alerting', () => {
  it('is nobody to be told by default, with the settings of the original', async () => {
    const { alerting } = await parse('scrape_configs: []\n');
    assert.deepEqual(alerting, DEFAULT_ALERTING);
    assert.equal(alerting.queueCapacity, 10_000);
    assert.equal(alerting.batchSize, 256);
    assert.equal(alerting.drainsOnShutdown, true);
  });

  it('has the defaults of the original for a set of Alertmanagers', async () => {
    const { alerting, warnings } = await parse(`
alerting:
  alertmanagers: [{static_configs: [{targets: ['am:9093']}]}]
`);
    assert.deepEqual(warnings, []);
    const [set] = alerting.alertmanagers;
    assert.deepEqual([set!.scheme, set!.pathPrefix, set!.timeoutMs], ['http', '', 10_000]);
    assert.deepEqual(set!.staticConfigs, [{ targets: ['am:9093'], labels: {} }]);
    assert.equal(set!.client.followRedirects, true);
    assert.deepEqual(set!.alertRelabelConfigs, []);
  });

  it('takes all that a set may say', async () => {
    const { alerting, warnings } = await parse(`
global: {metric_name_validation_scheme: legacy}
alerting:
  alert_relabel_configs: [{regex: replica, action: labeldrop}]
  alertmanagers:
    - scheme: https
      path_prefix: /am
      timeout: 3s
      api_version: v2
      basic_auth: {username: u, password: p}
      tls_config: {insecure_skip_verify: true}
      relabel_configs: [{source_labels: [__address__], regex: 'x.*', action: keep}]
      alert_relabel_configs: [{source_labels: [team], regex: x, action: keep}]
      file_sd_configs: [{files: [am.yml]}]
`);
    assert.deepEqual(warnings, []);
    assert.equal(alerting.nameValidation, 'legacy');
    assert.equal(alerting.alertRelabelConfigs[0]!.action, 'labeldrop');
    const [set] = alerting.alertmanagers;
    assert.deepEqual([set!.scheme, set!.pathPrefix, set!.timeoutMs], ['https', '/am', 3000]);
    assert.equal(set!.relabelConfigs[0]!.regex, 'x.*');
    assert.equal(set!.alertRelabelConfigs[0]!.sourceLabels[0], 'team');
    assert.equal(set!.fileDiscovery.length, 1);
    assert.deepEqual(set!.client.basicAuth, { username: { value: 'u' }, password: { value: 'p' } });
  });

  const refused: readonly (readonly [what: string, set: string, message: RegExp])[] = [
    [
      'the first version of the API',
      'api_version: v1',
      /:4:20: alerting\.alertmanagers\[0\]\.api_version: expected Alertmanager api version to be one of \[v2\] but got v1/,
    ],
    ['unknown keys', 'api: v2', /unknown key "api"/],
    ['other schemes', 'scheme: ftp', /expected one of http, https/],
    ['a timeout of nothing', 'timeout: 0s', /must be greater than 0/],
    [
      'two kinds of credentials',
      'basic_auth: {username: u}\n      sigv4: {region: r}',
      /at most one of basic_auth, authorization, oauth2, & sigv4 must be configured/,
    ],
    ['URLs as targets', "static_configs: [{targets: ['http://am']}]", /is not a valid hostname/],
    ['an empty relabelling rule', 'relabel_configs: [null]', /relabel_configs: entry 0 is empty/],
    ['rules that contradict themselves', 'alert_relabel_configs: [{action: hashmod}]', /non-zero modulus/],
  ];
  for (const [what, set, message] of refused) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(parse(`alerting:\n  alertmanagers:\n    -\n      ${set}\n`), { message });
    });
  }

  it('takes the settings of the original from its flags, variables, and a section', async () => {
    const line = parseCommandLine([
      ...['--alertmanager.notification-queue-capacity', '7', '--rules.alert.resend-delay', '2m'],
      ...['--alertmanager.drain-notification-queue-on-shutdown', 'false'],
    ]);
    const { alerting, ruleAlerts } = await loadConfig(line, {
      TRILITE_ALERTMANAGER_NOTIFICATION_BATCH_SIZE: '0',
      TRILITE_RULES_ALERT_RESEND_DELAY: '9m',
    });
    assert.deepEqual(
      [alerting.queueCapacity, alerting.batchSize, alerting.drainsOnShutdown, ruleAlerts.resendDelayMs],
      [7, DEFAULT_ALERTING.batchSize, false, 120_000],
    );
    const file = await parse(`
alerting: {alertmanagers: [{static_configs: [{targets: [a]}]}]}
trilite: {alerting: {queue_capacity: 5, batch_size: 2, drain_on_shutdown: false}}
`);
    assert.equal(file.alerting.alertmanagers.length, 1);
    assert.deepEqual([file.alerting.queueCapacity, file.alerting.batchSize], [5, 2]);
    assert.equal(file.alerting.drainsOnShutdown, false);
  });
});
