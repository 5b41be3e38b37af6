/** A configuration as text. */

import { yamlPieces } from './yaml-lines.ts';

/** Longer ones are shown without colours: an element for each key is too much for a page. */
const COLOURED_MAX_LINES = 3000;

export function YamlText({ text }: { readonly text: string }) {
  const lines = text.split('\n');
  if (lines.length > COLOURED_MAX_LINES) return <pre class="yaml">{text}</pre>;
  return (
    <pre class="yaml">
      {lines.map((line, i) => (
        <span key={`${i} ${line}`}>
          {yamlPieces(line).map(({ kind, text: piece }) =>
            kind === 'text' ? (
              piece
            ) : (
              <span key={kind} class={`yaml-${kind}`}>
                {piece}
              </span>
            ),
          )}
          {'\n'}
        </span>
      ))}
    </pre>
  );
}
