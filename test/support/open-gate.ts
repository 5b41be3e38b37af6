/** A gate that lets everybody in, as where no settings of access are. */

import { Gate } from '../../src/access/gate.ts';
import { SILENT } from '../../src/base/log.ts';
import { Telemetry } from '../../src/base/telemetry.ts';

export const OPEN_GATE = await Gate.of(undefined, {
  telemetry: new Telemetry(),
  log: SILENT,
  environment: () => undefined,
});
