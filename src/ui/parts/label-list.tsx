/** Labels or attributes as small pieces: a name and a value each. */

import type { Labels } from '../../model/correlate/labels.ts';

/** `onPick` makes pieces into buttons, to filter by one, say. */
export function LabelList(props: {
  readonly labels: Labels;
  readonly onPick?: (name: string, value: string) => void;
  readonly pickTitle?: string;
}) {
  const { labels, onPick, pickTitle } = props;
  return (
    <span class="labels">
      {Object.entries(labels).map(([name, value]) => {
        const text = (
          <>
            <span class="label-name">{name}</span>
            <span class="label-value">{value}</span>
          </>
        );
        return onPick ? (
          <button
            key={name}
            type="button"
            class="label"
            title={pickTitle}
            onClick={() => onPick(name, value)}
          >
            {text}
          </button>
        ) : (
          <span key={name} class="label">
            {text}
          </span>
        );
      })}
    </span>
  );
}
