/** Attributes by name: texts of several lines keep them, JSON is indented, addresses can be followed, and all can be searched for. */

import { href } from '../../location.ts';
import { rangeParams } from '../../time/use-time.ts';
import { attributeCondition, valueLiteral } from './search-fields.ts';
import type { Attributes } from './spans.ts';

const LINK = /^https?:\/\/\S+$/;

export function AttributeTable(props: {
  /** Without one the table stands alone. */
  readonly title?: string;
  readonly scope: 'span' | 'resource' | 'event' | 'link' | 'instrumentation';
  readonly attributes: Attributes;
  readonly isOpen?: boolean;
}) {
  const { title, scope, attributes, isOpen } = props;
  if (attributes.length === 0) return null;
  const sorted = attributes.toSorted(([a], [b]) => (a < b ? -1 : 1));
  const table = (
    <table class="attributes">
      <tbody>
        {sorted.map(([name, value], i) => (
          <tr key={i}>
            <th scope="row">{name}</th>
            <td>
              <Value text={value} />
            </td>
            <td class="attribute-find">
              <a
                href={href('/search', { q: `{ ${condition(scope, name, value)} }`, ...rangeParams() })}
                title="Traces with this value"
                aria-label={`Traces with this value of ${name}`}
              >
                ⌕
              </a>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
  if (title === undefined) return table;
  return (
    <details open={isOpen}>
      <summary>
        {title} ({attributes.length})
      </summary>
      {table}
    </details>
  );
}

/** The library's name and version are no attributes of it. */
function condition(scope: string, name: string, value: string): string {
  if (scope === 'instrumentation' && (name === 'name' || name === 'version'))
    return `instrumentation:${name} = ${JSON.stringify(value)}`;
  const quoted = /^[^\s{}()=~!<>&|^,"]+$/.test(name) ? name : JSON.stringify(name);
  const literals = new Set([valueLiteral(value), JSON.stringify(value)]);
  return attributeCondition(`${scope}.${quoted}`, '=', [...literals]);
}

function Value({ text }: { readonly text: string }) {
  if (LINK.test(text)) {
    return (
      <a href={text} target="_blank" rel="noreferrer">
        {text}
      </a>
    );
  }
  if (text.includes('\n')) return <pre class="attribute-lines">{text}</pre>;
  const json = indented(text);
  return json === undefined ? text : <pre class="attribute-lines">{json}</pre>;
}

/** Undefined for what is no JSON, or too short to be worth it. */
function indented(text: string): string | undefined {
  if (!/^[[{]/.test(text) || text.length < 40) return undefined;
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return undefined;
  }
}
