/** The body of `POST /alerts`: a list of alerts, read one by one, and refused as a whole where one has not the form of an alert. */

import type { PostedAlert } from '../../alertmanager/alert.ts';
import { utf8Decode } from '../../base/bytes.ts';
import { Labels } from '../../model/labels.ts';
import { FormFault, invalidValue, NOT_OF_TYPE, REQUIRED } from './answers.ts';
import { JsonFields, KindError } from './json-fields.ts';
import { scanJson } from './json-syntax.ts';
import { isRequestUri } from './request-uri.ts';

const NAME = 'alerts';

/** Throws `FormFault`. */
export function* readAlerts(body: Uint8Array): Generator<void, PostedAlert[]> {
  const out: PostedAlert[] = [];
  let fault: FormFault | undefined;
  try {
    const extent = yield* scanJson(body);
    if (!extent) throw invalidValue(REQUIRED, `${NAME} in body is required`);
    const { elements = listless(body.subarray(extent.start, extent.end)) } = extent;
    for (let i = 0; i < elements.length; i += 2) {
      yield;
      const text = utf8Decode(body.subarray(elements[i], elements[i + 1]));
      const fields = new JsonFields(JSON.parse(text), 'value of type models.PostableAlert');
      const alert = readAlert(fields);
      // Every alert must be readable before what stands in one matters.
      fault ??= faultOf(alert, fields, i / 2);
      out.push(alert);
    }
  } catch (error) {
    throw unreadable(NAME, error);
  }
  if (fault) throw fault;
  return out;
}

/** Null is an empty list. */
function listless(value: Uint8Array): readonly number[] {
  const read: unknown = JSON.parse(utf8Decode(value));
  if (read === null) return [];
  throw new KindError(read, 'value of type models.PostableAlerts');
}

function readAlert(fields: JsonFields): PostedAlert {
  const annotations = fields.pairs('.annotations') ?? [];
  const endsAtMs = fields.time('.endsAt');
  const startsAtMs = fields.time('.startsAt');
  const pairs = fields.pairs('Alert.labels') ?? [];
  const generatorUrl = fields.text('Alert.generatorURL') ?? '';
  const kept = pairs.filter((_, i) => pairs[i | 1] !== '');
  return { labels: Labels.fromSorted(kept), annotations, startsAtMs, endsAtMs, generatorUrl };
}

function faultOf({ generatorUrl }: PostedAlert, fields: JsonFields, index: number): FormFault | undefined {
  if (generatorUrl !== '' && !isRequestUri(generatorUrl)) {
    const said = JSON.stringify(generatorUrl);
    return invalidValue(NOT_OF_TYPE, `${index}.generatorURL in body must be of type uri: ${said}`);
  }
  if (!fields.has('labels')) return invalidValue(REQUIRED, `${index}.labels in body is required`);
  return undefined;
}

/** What reading a body `name` ran into, as it is told. */
export function unreadable(name: string, error: unknown): unknown {
  if (error instanceof FormFault || !(error instanceof Error)) return error;
  return new FormFault(400, `parsing ${name} body from "" failed, because ${error.message}`);
}
