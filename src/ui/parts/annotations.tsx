/** What a rule or an alert says for people: its addresses can be followed. */

import { LinkedText } from './linked-text.tsx';

export function Annotations({ annotations }: { readonly annotations: Readonly<Record<string, string>> }) {
  const entries = Object.entries(annotations);
  if (entries.length === 0) return null;
  return (
    <dl class="annotations">
      {entries.map(([name, text]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <LinkedText text={text} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
