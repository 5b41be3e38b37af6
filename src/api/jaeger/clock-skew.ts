/**
 * What Jaeger's clock skew adjustment says of a trace where it may not adjust, which is its default: by how much a child
 * on another host would have to be moved to lie within its parent, which parents are missing, which span ids are there
 * twice. A host is known by `host.id`, `host.ip` or `host.name` of the resource; where none is told, every span is on a
 * host of its own.
 */

import { formatGoDuration } from '../../model/duration.ts';
import { hexOf, isZero, keyOf } from '../../query/traces/ids.ts';
import { attributeOf, type DecodedTrace, placedSpans } from './decoded-trace.ts';
import type { ResourceFields, SpanFields } from './span-fields.ts';
import { valueText } from './tag-values.ts';
import { addWarning } from './warnings.ts';

interface Node {
  readonly span: SpanFields;
  readonly host: string;
  readonly children: Node[];
}

export function warnOfClockSkew(trace: DecodedTrace): void {
  const nodes = new Map<string, Node>();
  const hosts = new Map<ResourceFields, string>();
  for (const { span, resource } of placedSpans(trace)) {
    const key = idKey(span.spanId);
    if (nodes.has(key)) {
      addWarning(span, 'duplicate span IDs; skipping clock skew adjustment');
      continue;
    }
    let host = hosts.get(resource);
    if (host === undefined) hosts.set(resource, (host = hostOf(resource)));
    nodes.set(key, { span, host, children: [] });
  }
  for (const root of linkChildren(nodes)) warnBelow(root);
}

/** Puts every node below its parent; gives those that have none here. */
function linkChildren(nodes: ReadonlyMap<string, Node>): Node[] {
  const roots: Node[] = [];
  for (const node of nodes.values()) {
    const { parentId } = node.span;
    const parent = nodes.get(idKey(parentId));
    if (isZero(parentId, 0, parentId.length)) {
      roots.push(node);
    } else if (parent !== undefined) {
      parent.children.push(node);
    } else {
      const id = hexOf(parentId, 0, parentId.length);
      addWarning(node.span, `parent span ID=${id} is not in the trace; skipping clock skew adjustment`);
      roots.push(node);
    }
  }
  return roots;
}

/** A skew holds for all below that are on the same host. */
function warnBelow(root: Node): void {
  const stack = [{ node: root, host: root.host, skewNs: 0n }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { node, host, skewNs } = top;
    for (const child of node.children) {
      const moved = child.host !== host || child.host === '';
      const childSkewNs = moved ? skewOf(child.span, node.span) : skewNs;
      if (childSkewNs !== 0n) {
        const delta = formatGoDuration(Number(childSkewNs));
        addWarning(child.span, `clock skew adjustment disabled; not applying calculated delta of ${delta}`);
      }
      stack.push({ node: child, host: moved ? child.host : host, skewNs: childSkewNs });
    }
  }
}

/** By how many ns the child should be later. */
function skewOf(child: SpanFields, parent: SpanFields): bigint {
  const childNs = child.endNs - child.startNs;
  const parentNs = parent.endNs - parent.startNs;
  if (childNs > parentNs) {
    // It outlived its parent; all that is certain is that it did not start before.
    return child.startNs < parent.startNs ? parent.startNs - child.startNs : 0n;
  }
  if (child.startNs >= parent.startNs && child.endNs <= parent.endNs) return 0n;
  // The way there is taken to be as long as the way back.
  return parent.startNs + (parentNs - childNs) / 2n - child.startNs;
}

function hostOf({ attributes }: ResourceFields): string {
  const text = (key: string) => {
    const value = attributeOf(attributes, key);
    return value && (value.type === 'string' ? value.value : '');
  };
  const ip = attributeOf(attributes, 'host.ip');
  const firstIp = ip?.type === 'array' ? ip.values[0] : ip?.type === 'string' ? ip : undefined;
  return text('host.id') ?? (firstIp && valueText(firstIp)) ?? text('host.name') ?? '';
}

function idKey(id: Uint8Array): string {
  return keyOf(id, 0, id.length);
}
