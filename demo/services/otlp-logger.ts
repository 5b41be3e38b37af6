/** Logs by OTLP: records of OpenTelemetry's logs API, which the SDK sends as it sends spans. It adds the trace's ids. */

import { logs, SeverityNumber } from '@opentelemetry/api-logs';
import type { Fields, Level, Logger } from './logger.ts';

const SEVERITIES: Readonly<Record<Level, SeverityNumber>> = {
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
};

export class OtlpLogger implements Logger {
  readonly #logger = logs.getLogger('shop');

  log(level: Level, message: string, fields: Fields = {}, error?: Error): void {
    const exception = error && {
      'exception.type': error.name,
      'exception.message': error.message,
      'exception.stacktrace': error.stack ?? '',
    };
    this.#logger.emit({
      severityNumber: SEVERITIES[level],
      severityText: level.toUpperCase(),
      body: message,
      attributes: { ...fields, ...exception },
    });
  }

  /** The SDK's own shutdown brings out what it holds. */
  async close(): Promise<void> {}
}
