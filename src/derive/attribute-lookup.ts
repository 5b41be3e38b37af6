/** An attribute's text by its key: of the resource, else of the span, which is the order in which Tempo looks. */

import { AttributeText } from './attribute-text.ts';
import type { ResourceFacts } from './resources.ts';
import type { SpanScan } from './span-scan.ts';

export class AttributeLookup {
  readonly text = new AttributeText();

  /** Leaves the text in `text`; false where neither has the key. */
  anywhere(key: number, scan: SpanScan, { texts }: ResourceFacts): boolean {
    const found = texts[key];
    if (!found) return this.ofSpan(key, scan);
    this.text.bytes = found;
    this.text.from = 0;
    this.text.to = found.length;
    return true;
  }

  ofSpan(key: number, scan: SpanScan): boolean {
    if (!scan.has(key)) return false;
    this.text.read(scan.bytes, scan.valueFrom(key), scan.valueTo(key));
    return true;
  }
}
