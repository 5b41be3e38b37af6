/**
 * Go's time layouts: a time format written as the reference time `Mon Jan 2 15:04:05 MST 2006` would look in it. A
 * layout is cut into elements and the text between them, once, for reading times (`go-time.ts`).
 */

export type LayoutElement =
  | { readonly kind: 'text'; readonly text: string }
  /** `.000` (exactly so many digits) and `.999` (any number, or none). */
  | { readonly kind: 'fraction'; readonly digits: number; readonly exact: boolean }
  | { readonly kind: 'offset'; readonly form: OffsetForm; readonly zulu: boolean }
  | { readonly kind: FieldKind };

export type FieldKind =
  | ('2006' | '06' | 'January' | 'Jan' | '01' | '1' | 'Monday' | 'Mon' | '02' | '_2' | '2' | '002' | '__2')
  | ('15' | '03' | '3' | '04' | '4' | '05' | '5' | 'PM' | 'pm' | 'MST');

export type OffsetForm = '07' | '0700' | '07:00' | '070000' | '07:00:00';

const OFFSET = /[-Z](070000|07:00:00|0700|07:00|07)/y;
const FRACTION = /[.,](0+|9+)(?!\d)/y;
/** Longer ones before those that they begin with. A name that goes on in lower case (`Janet`) is text. */
const FIELD = /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|__2|_2(?!006)|002|0[1-6]|15|PM|pm|[1-5]/y;

function elementAt(layout: string, at: number): { element: LayoutElement; end: number } | undefined {
  OFFSET.lastIndex = FRACTION.lastIndex = FIELD.lastIndex = at;
  const offset = OFFSET.exec(layout);
  if (offset) {
    const form = offset[1] as OffsetForm;
    return { element: { kind: 'offset', form, zulu: layout[at] === 'Z' }, end: OFFSET.lastIndex };
  }
  const fraction = FRACTION.exec(layout)?.[1];
  if (fraction) {
    const element = { kind: 'fraction', digits: fraction.length, exact: fraction[0] === '0' } as const;
    return { element, end: FRACTION.lastIndex };
  }
  const field = FIELD.exec(layout);
  return field ? { element: { kind: field[0] as FieldKind }, end: FIELD.lastIndex } : undefined;
}

/** The elements of a layout in order; every text is one, only what stands for a part of the time is another. */
export function readLayout(layout: string): LayoutElement[] {
  const out: LayoutElement[] = [];
  let text = '';
  let at = 0;
  while (at < layout.length) {
    const found = elementAt(layout, at);
    if (!found) {
      text += layout[at++];
      continue;
    }
    if (text !== '') out.push({ kind: 'text', text });
    text = '';
    out.push(found.element);
    at = found.end;
  }
  if (text !== '') out.push({ kind: 'text', text });
  return out;
}
