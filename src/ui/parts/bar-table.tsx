/** Names and numbers, with a bar for each: how they compare is seen before they are read. */

import type { ComponentChildren } from 'preact';
import { formatCount } from '../format/number.ts';

export interface BarRow {
  readonly name: string;
  readonly value: number;
  /** Where the name leads. */
  readonly href?: string;
  /** What stands beside the number. */
  readonly note?: string;
}

export function BarTable(props: {
  readonly title: string;
  readonly nameHead: string;
  readonly valueHead: string;
  readonly rows: readonly BarRow[];
  readonly format?: (value: number) => string;
  /** What 100% is; the largest value without it. */
  readonly whole?: number;
  readonly children?: ComponentChildren;
}) {
  const { title, nameHead, valueHead, rows, format = formatCount, children } = props;
  const whole = props.whole ?? Math.max(0, ...rows.map(({ value }) => value));
  return (
    <section class="panel" aria-label={title}>
      <h2>{title}</h2>
      {rows.length === 0 ? (
        <p class="faint">Nothing yet.</p>
      ) : (
        <table class="bars">
          <thead>
            <tr>
              <th>{nameHead}</th>
              <th>
                <span class="unseen">Share</span>
              </th>
              <th class="number">{valueHead}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, value, href, note }) => (
              <tr key={name}>
                <td>{href === undefined ? name : <a href={href}>{name}</a>}</td>
                <td class="bar-cell">
                  <i class="bar" style={{ width: `${whole > 0 ? (100 * value) / whole : 0}%` }} />
                </td>
                <td class="number">
                  {format(value)}
                  {note !== undefined && <span class="faint"> {note}</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {children}
    </section>
  );
}
