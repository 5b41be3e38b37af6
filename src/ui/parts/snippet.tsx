/** Something to be copied into a file or a terminal. */

import { CopyButton } from './copy-button.tsx';

export function Snippet({ title, text }: { readonly title: string; readonly text: string }) {
  return (
    <figure class="snippet">
      <figcaption>
        {title} <CopyButton text={text} what={title} />
      </figcaption>
      {/* Long ones scroll, by the keyboard too. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <pre tabIndex={0}>{text}</pre>
    </figure>
  );
}
