/**
 * The views of what is known of the server. Each is small and shares most of its parts with the others: together they are one file to
 * load, where apart they came with some thirty files of a few hundred bytes.
 */

import { AlertingView } from './alerting/view.tsx';
import { ConfigView } from './config/view.tsx';
import { DoctorView } from './doctor/view.tsx';
import { AlertsView } from './rules/alerts.tsx';
import { RulesView } from './rules/rules.tsx';
import { StorageView } from './storage/view.tsx';
import { TargetsView } from './targets/view.tsx';

export const KNOWN = {
  alerting: AlertingView,
  alerts: AlertsView,
  config: ConfigView,
  doctor: DoctorView,
  rules: RulesView,
  storage: StorageView,
  targets: TargetsView,
} as const;
