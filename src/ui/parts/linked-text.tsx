/** A text of data whose addresses can be followed. */

import { textPieces } from './text-pieces.ts';

export function LinkedText({ text }: { readonly text: string }) {
  return (
    <>
      {textPieces(text).map(({ text: piece, isLink }) =>
        isLink ? (
          <a key={piece} href={piece} target="_blank" rel="noreferrer">
            {piece}
          </a>
        ) : (
          piece
        ),
      )}
    </>
  );
}
