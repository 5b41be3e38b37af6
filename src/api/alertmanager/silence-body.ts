/** The body of `POST /silences`, and whether it has the form of a silence. */

import type { MatcherText, PostedSilence } from '../../alertmanager/silence.ts';
import { utf8Decode } from '../../base/bytes.ts';
import { inSlices } from '../../base/slices.ts';
import { unreadable } from './alert-body.ts';
import { invalidValue, REQUIRED, TOO_FEW } from './answers.ts';
import { JsonFields } from './json-fields.ts';
import { scanJson } from './json-syntax.ts';

const NAME = 'silence';

/** Rejects with `FormFault`. */
export async function readSilenceBody(body: Uint8Array): Promise<PostedSilence> {
  try {
    const extent = await inSlices(scanJson(body));
    if (!extent) throw invalidValue(REQUIRED, `${NAME} in body is required`);
    const value: unknown = JSON.parse(utf8Decode(body.subarray(extent.start, extent.end)));
    return readFields(new JsonFields(value, 'value of type models.PostableSilence'));
  } catch (error) {
    throw unreadable(NAME, error);
  }
}

function readFields(fields: JsonFields): PostedSilence {
  const id = fields.text('.id') ?? '';
  const annotations = fields.pairs('Silence.annotations') ?? [];
  const comment = fields.text('Silence.comment');
  const createdBy = fields.text('Silence.createdBy');
  const endsAtMs = fields.time('Silence.endsAt');
  const items = fields
    .list('Silence.matchers', 'models.Matchers')
    ?.map((item) =>
      readMatcher(new JsonFields(item, 'struct field Silence.matchers of type models.Matcher')),
    );
  const startsAtMs = fields.time('Silence.startsAt');
  if (comment === undefined) throw required('comment');
  if (createdBy === undefined) throw required('createdBy');
  if (!fields.has('endsAt')) throw required('endsAt');
  if (items === undefined) throw required('matchers');
  if (items.length === 0) throw invalidValue(TOO_FEW, 'matchers in body should have at least 1 items');
  const matchers = items.map(wholeMatcher);
  if (!fields.has('startsAt')) throw required('startsAt');
  return { id, matchers, startsAtMs, endsAtMs, createdBy, comment, annotations };
}

interface MatcherFields {
  readonly isEqual: boolean | undefined;
  readonly isRegex: boolean | undefined;
  readonly name: string | undefined;
  readonly value: string | undefined;
}

function readMatcher(fields: JsonFields): MatcherFields {
  return {
    isEqual: fields.boolean('Matcher.matchers.isEqual'),
    isRegex: fields.boolean('Matcher.matchers.isRegex'),
    name: fields.text('Matcher.matchers.name'),
    value: fields.text('Matcher.matchers.value'),
  };
}

function wholeMatcher({ isEqual = true, isRegex, name, value }: MatcherFields, index: number): MatcherText {
  if (isRegex === undefined) throw required(`matchers.${index}.isRegex`);
  if (name === undefined) throw required(`matchers.${index}.name`);
  if (value === undefined) throw required(`matchers.${index}.value`);
  const type = isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!=';
  return { type, name, value };
}

function required(field: string): Error {
  return invalidValue(REQUIRED, `${field} in body is required`);
}
