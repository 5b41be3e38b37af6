/** Reader threads that answer rules from a script: what each query evaluates to, for tests that own time. */

import { ByteWriter, utf8Decode } from '../../src/base/bytes.ts';
import { TriliteError } from '../../src/model/errors.ts';
import { Labels } from '../../src/model/labels.ts';
import type { ServiceAnswer, ServiceRequest, ServiceRunner } from '../../src/query/service.ts';
import type { EvaluationRequest } from '../../src/rules/reader-services.ts';
import { encodeResult } from '../../src/rules/rule-result.ts';

/** Value by the text of the label `x`. */
type Vector = Readonly<Record<string, number>>;

export interface Asked {
  readonly service: string;
  readonly query: string;
  readonly timeMs: number;
}

export class ScriptedRunner implements ServiceRunner {
  /** What each query evaluates to; an error is thrown. */
  readonly answers = new Map<string, Vector | Error | Promise<Vector>>();
  readonly asked: Asked[] = [];
  /** `ALERTS_FOR_STATE` series of before: labels, time, since when in seconds. */
  forState: readonly (readonly [
    labels: Readonly<Record<string, string>>,
    timeMs: number,
    seconds: number,
  ])[] = [];

  async run(service: string, request: ServiceRequest, signal: AbortSignal): Promise<ServiceAnswer> {
    if (service === 'rules.for_state') return answer(this.#forState());
    const asked = JSON.parse(utf8Decode(request.body!)) as EvaluationRequest;
    const { query, timeMs, name, labels } = asked;
    this.asked.push({ service, query, timeMs });
    const scripted = this.answers.get(query) ?? {};
    if (scripted instanceof Error) throw scripted;
    const vector = await Promise.race([scripted, aborted(signal)]);
    const own = service === 'rules.record' ? { __name__: name } : { alertname: name };
    const elements = Object.entries(vector).map(([x, value]) => ({
      labels: Labels.from({ x, ...labels, ...own }),
      annotations: Labels.EMPTY,
      value,
    }));
    return answer(encodeResult(elements)!);
  }

  #forState(): Uint8Array<ArrayBuffer> {
    const out = new ByteWriter();
    for (const [labels, timeMs, seconds] of this.forState) {
      Labels.from(labels).writeTo(out);
      out.f64(timeMs);
      out.f64(seconds);
    }
    return out.take();
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new TriliteError('canceled', 'the client went away')), {
      once: true,
    });
  });
}

function answer(body: Uint8Array): ServiceAnswer {
  return { status: 200, contentType: '', body };
}
