/** A group whose columns are another's, which is there when one of them is asked for. */

import type { SpanGroup } from '../../model/span-group.ts';

export abstract class DelegatingGroup implements SpanGroup {
  abstract readonly spanCount: number;
  abstract readonly minMs: number;
  abstract readonly maxMs: number;
  abstract readonly traceBounds: SpanGroup['traceBounds'];
  protected abstract get open(): SpanGroup;

  get baseMs(): number {
    return this.open.baseMs;
  }
  get attributes(): SpanGroup['attributes'] {
    return this.open.attributes;
  }
  get resources(): SpanGroup['resources'] {
    return this.open.resources;
  }
  get scopes(): SpanGroup['scopes'] {
    return this.open.scopes;
  }
  get events(): SpanGroup['events'] {
    return this.open.events;
  }
  get links(): SpanGroup['links'] {
    return this.open.links;
  }
  traceStarts(): Uint32Array {
    return this.open.traceStarts();
  }
  traceIds(): Uint8Array {
    return this.open.traceIds();
  }
  spanIds(): Uint8Array {
    return this.open.spanIds();
  }
  parentIds(): Uint8Array {
    return this.open.parentIds();
  }
  parentRows(): Int32Array {
    return this.open.parentRows();
  }
  startsNs(): Float64Array {
    return this.open.startsNs();
  }
  durationsNs(): Float64Array {
    return this.open.durationsNs();
  }
  names(): ReturnType<SpanGroup['names']> {
    return this.open.names();
  }
  kinds(): Int32Array {
    return this.open.kinds();
  }
  statusCodes(): Int32Array {
    return this.open.statusCodes();
  }
  statusMessages(): ReturnType<SpanGroup['statusMessages']> {
    return this.open.statusMessages();
  }
  traceStates(): ReturnType<SpanGroup['traceStates']> {
    return this.open.traceStates();
  }
  flags(): Uint32Array {
    return this.open.flags();
  }
  droppedAttributes(): Uint32Array {
    return this.open.droppedAttributes();
  }
  droppedEvents(): Uint32Array {
    return this.open.droppedEvents();
  }
  droppedLinks(): Uint32Array {
    return this.open.droppedLinks();
  }
  resourceRows(): Uint32Array {
    return this.open.resourceRows();
  }
  scopeRows(): Uint32Array {
    return this.open.scopeRows();
  }
  exactTimes(): ReturnType<SpanGroup['exactTimes']> {
    return this.open.exactTimes();
  }
}
