/** The form beside the query: each field is a condition of it, written as it is typed. */

import { useEffect, useState } from 'preact/hooks';
import { tagValues } from '../../api/tempo.ts';
import { useLoad } from '../../api/use-load.ts';
import type { Bounds } from '../../time/range.ts';
import {
  fieldFault,
  fieldsQuery,
  NO_FIELDS,
  queryFields,
  type SearchFields,
  STATUSES,
} from './search-fields.ts';

interface FormProps {
  readonly draft: string;
  readonly bounds: Bounds;
  onChange(query: string): void;
  onRun(query: string): void;
}

export function SearchForm({ draft, bounds, onChange, onRun }: FormProps) {
  const [fields, setFields] = useState<SearchFields | undefined>(() => queryFields(draft));
  useEffect(() => {
    // What is typed into a field stays as it is typed while it means the query.
    setFields((now) => (now && isSame(now, draft) ? now : queryFields(draft)));
  }, [draft]);
  const services = useLoad((signal) => tagValues('resource.service.name', { bounds }, signal), [bounds]);
  const service = fields?.service ?? '';
  const of = service === '' ? {} : { q: `{ resource.service.name = ${JSON.stringify(service)} }` };
  const names = useLoad((signal) => tagValues('name', { bounds, ...of }, signal), [bounds, service]);
  if (!fields) {
    return (
      <p class="search-form-note faint">
        This query says more than the form can.{' '}
        <button type="button" class="link" onClick={() => onChange('{}')}>
          Begin anew with the form
        </button>
      </p>
    );
  }
  const set =
    (name: keyof SearchFields) => (event: { readonly currentTarget: { readonly value: string } }) => {
      const next = { ...fields, [name]: event.currentTarget.value };
      setFields(next);
      onChange(fieldsQuery(next));
    };
  const fault = fieldFault(fields);
  return (
    <form
      class="search-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (!fault) onRun(draft);
      }}
    >
      <label>
        Service
        <input list="search-services" value={fields.service} placeholder="any" onInput={set('service')} />
      </label>
      <label>
        Span name
        <input list="search-names" value={fields.name} placeholder="any" onInput={set('name')} />
      </label>
      <label>
        Status
        <select value={fields.status} onChange={set('status')}>
          <option value="">any</option>
          {STATUSES.map((status) => (
            <option key={status}>{status}</option>
          ))}
        </select>
      </label>
      <label class="is-short">
        At least
        <input value={fields.min} placeholder="100ms" onInput={set('min')} />
      </label>
      <label class="is-short">
        At most
        <input value={fields.max} placeholder="2s" onInput={set('max')} />
      </label>
      <label class="is-wide">
        Attributes
        <input
          value={fields.attributes}
          placeholder="http.response.status_code>=500 user.tier=gold|silver"
          onInput={set('attributes')}
        />
      </label>
      <button type="submit" class="hidden-text">
        Search with the form
      </button>
      <Known id="search-services" values={services.data} />
      <Known id="search-names" values={names.data} />
      {fault && (
        <p class="fault search-form-note" role="alert">
          {fault}
        </p>
      )}
    </form>
  );
}

function isSame(fields: SearchFields, draft: string): boolean {
  return (
    fieldsQuery(fields) === draft || (draft.trim() === '' && fieldsQuery(fields) === fieldsQuery(NO_FIELDS))
  );
}

function Known({
  id,
  values,
}: {
  readonly id: string;
  readonly values: readonly { value?: string }[] | undefined;
}) {
  return (
    <datalist id={id}>
      {values?.map(({ value }) => value !== undefined && <option key={value} value={value} />)}
    </datalist>
  );
}
