/** A log that nobody reads and metrics that nobody asks for: a test tells of its rules itself. */

import type { Logger } from '../../base/log.ts';
import { Telemetry } from '../../base/telemetry.ts';
import { RuleTelemetry } from '../rule-telemetry.ts';

export const QUIET_LOG: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => QUIET_LOG,
};

export const UNTOLD = new RuleTelemetry(new Telemetry(), () => []);
