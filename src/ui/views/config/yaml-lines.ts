/** Lines of YAML in the pieces that are coloured: for the eye only, whoever wants to know reads the text. */

export interface YamlPiece {
  readonly kind: 'key' | 'comment' | 'text';
  readonly text: string;
}

const KEY = /^(\s*(?:- )*)([\w.$/-]+|"[^"]*"|'[^']*')(:)(?=\s|$)/;
/** A comment begins the line or stands behind a blank; in quotes it would be text. */
const COMMENT = /(^|\s)#.*$/;

/** Together they are the line. */
export function yamlPieces(line: string): readonly YamlPiece[] {
  const out: YamlPiece[] = [];
  const add = (kind: YamlPiece['kind'], text: string) => {
    if (text !== '') out.push({ kind, text });
  };
  const key = KEY.exec(line);
  let rest = line;
  if (key) {
    add('text', key[1]!);
    add('key', key[2]!);
    add('text', key[3]!);
    rest = line.slice(key[0].length);
  }
  const comment = /["']/.test(rest) ? null : COMMENT.exec(rest);
  add('text', comment ? rest.slice(0, comment.index) : rest);
  if (comment) add('comment', rest.slice(comment.index));
  return out;
}
