/**
 * Which labels a data point's series has. Labels of a point, later ones winning:
 *
 * 1. its attributes, by ascending key; keys that become the same name have their values joined with `;`
 * 2. promoted resource attributes, where the name is free
 * 3. scope metadata, where promoted
 * 4. `job` and `instance` from the resource's identity
 * 5. `__name__`, `le`, `quantile`, which `otlp-series.ts` adds
 */

import { compareText, Labels, METRIC_NAME } from '../../model/labels.ts';
import type { OtlpTranslationOptions } from '../../model/otlp-options.ts';
import type { TextAttribute } from '../decode/otlp-attributes.ts';
import type { OtlpNamer } from './otlp-names.ts';

const SERVICE_NAME = 'service.name';
const SERVICE_NAMESPACE = 'service.namespace';
const SERVICE_INSTANCE = 'service.instance.id';
const IDENTIFYING: readonly string[] = [SERVICE_NAMESPACE, SERVICE_NAME, SERVICE_INSTANCE];
const TARGET_INFO = 'target_info';

export interface OtlpScope {
  readonly name: string;
  readonly version: string;
  readonly schemaUrl: string;
  readonly attributes: readonly TextAttribute[];
}

type Pair = readonly [name: string, value: string];

/** What a resource gives its series. Names that cannot be label names throw `bad_data`, here and below. */
export class OtlpResource {
  readonly #options: OtlpTranslationOptions;
  readonly #namer: OtlpNamer;
  readonly #attributes: readonly TextAttribute[];
  /** What every series gets where the name is free. */
  readonly promoted: readonly Pair[];
  readonly #identity: readonly Pair[];

  constructor(attributes: readonly TextAttribute[], options: OtlpTranslationOptions, namer: OtlpNamer) {
    this.#attributes = attributes;
    this.#options = options;
    this.#namer = namer;
    const wanted = options.promoteAllResourceAttributes
      ? attributes.filter((a) => !options.ignoreResourceAttributes.includes(a.key))
      : attributes.filter((a) => options.promoteResourceAttributes.includes(a.key));
    this.promoted = wanted.map((a) => [namer.label(a.key), a.value]);
    this.#identity = identityOf(attributes);
  }

  /** Pairs that override attributes: scope metadata, job, instance. */
  fixedPairs(scope: OtlpScope): readonly Pair[] {
    const out: Pair[] = [];
    if (this.#options.promoteScopeMetadata && scope.name !== '') {
      for (const a of scope.attributes) out.push([this.#namer.label(`otel_scope_${a.key}`), a.value]);
      out.push(['otel_scope_name', scope.name], ['otel_scope_version', scope.version]);
      out.push(['otel_scope_schema_url', scope.schemaUrl]);
    }
    out.push(...this.#identity);
    return out;
  }

  /** The labels of the resource's `target_info`; undefined where it has none. */
  targetInfo(): Labels | undefined {
    const others = this.#attributes.filter((a) => !IDENTIFYING.includes(a.key));
    if (others.length === 0) return undefined;
    const attributes = this.#options.keepIdentifyingResourceAttributes ? this.#attributes : others;
    const labels = mappedLabels(attributes, this.#namer);
    for (const [name, value] of this.#identity) labels.set(name, value);
    if (!labels.get('job') && !labels.get('instance')) return undefined;
    labels.set(METRIC_NAME, TARGET_INFO);
    return Labels.from(labels);
  }
}

function identityOf(attributes: readonly TextAttribute[]): Pair[] {
  const value = (key: string) => attributes.findLast((a) => a.key === key)?.value;
  const out: Pair[] = [];
  const name = value(SERVICE_NAME);
  if (name !== undefined) {
    const namespace = value(SERVICE_NAMESPACE);
    out.push(['job', namespace === undefined ? name : `${namespace}/${name}`]);
  }
  const instance = value(SERVICE_INSTANCE);
  if (instance !== undefined) out.push(['instance', instance]);
  return out;
}

/** Attributes under their label names. */
function mappedLabels(attributes: readonly TextAttribute[], namer: OtlpNamer): Map<string, string> {
  const sorted = [...attributes].sort((a, b) => compareText(a.key, b.key));
  const out = new Map<string, string>();
  for (const a of sorted) {
    const name = namer.label(a.key);
    const before = namer.escapes ? out.get(name) : undefined;
    out.set(name, before ? `${before};${a.value}` : a.value);
  }
  return out;
}

/** A point's labels as far as all its series have them, with the family's name. */
export function pointLabels(
  attributes: readonly TextAttribute[],
  promoted: readonly Pair[],
  fixed: readonly Pair[],
  family: string,
  namer: OtlpNamer,
): Labels {
  const out = mappedLabels(attributes, namer);
  for (const [name, value] of promoted) if (!out.get(name)) out.set(name, value);
  for (const [name, value] of fixed) out.set(name, value);
  out.set(METRIC_NAME, family);
  return Labels.from(out);
}
