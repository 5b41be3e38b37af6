/** `patterns`: templates of the lines of a selector's streams, and how many lines had each over time. */

import { parseSelector } from '../../query/logs/engine.ts';
import { minePatterns, RESOLUTION_MS } from '../../query/logs/patterns/pattern-query.ts';
import type { PatternSeries } from '../../query/logs/patterns/pattern-table.ts';
import { ScanStats } from '../../query/logs/scan.ts';
import type { ServiceAnswer, ServiceContext, ServiceRequest } from '../../query/service.ts';
import { JsonWriter } from '../json-writer.ts';
import { jsonAnswer } from './answer.ts';
import { LokiRequest } from './request.ts';

export async function patternsService(
  request: ServiceRequest,
  context: ServiceContext,
): Promise<ServiceAnswer> {
  const read = new LokiRequest(request);
  const { start, end } = read.bounds();
  const stepMs = Math.max(RESOLUTION_MS, read.stepMs(start, end));
  const query = {
    matchers: parseSelector(read.query),
    fromMs: start.ms,
    toMs: end.ns > 0 ? end.ms + 1 : end.ms,
    stepMs,
  };
  return jsonAnswer(printPatterns(await minePatterns(query, context, new ScanStats())));
}

function printPatterns(patterns: readonly PatternSeries[]): Uint8Array {
  const out = new JsonWriter();
  out.raw('{"status":"success","data":[');
  patterns.forEach(({ pattern, level, samples }, i) => {
    out.raw(i === 0 ? '{"pattern":' : ',{"pattern":');
    out.string(pattern);
    out.raw(',"level":');
    out.string(level);
    out.raw(',"samples":[');
    samples.forEach(([ms, count], s) => {
      out.raw(`${s === 0 ? '' : ','}[${Math.floor(ms / 1000)},${count}]`);
    });
    out.raw(']}');
  });
  out.raw(']}');
  return out.take();
}
