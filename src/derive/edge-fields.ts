/** The texts that an edge may have: names of what is no service, and what it is told apart by besides. */

import { cut, sanitize } from './label-names.ts';
import type { MetricsGeneratorSettings } from './settings.ts';
import type { WantedKeys } from './wanted-keys.ts';

/** Texts of an edge; those of dimensions follow. */
export const FIELD = { client: 0, server: 1, peer: 2, virtualNode: 3, dimensions: 4 } as const;
/** A dimension: the attribute, and per side the label and the text of the edge that is its value. */
export interface Dimension {
  readonly id: number;
  readonly client: { readonly label: string; readonly field: number };
  readonly server: { readonly label: string; readonly field: number };
}

/** With the prefix a dimension is two labels, without it whichever side said it last. */
export function dimensionsOf(settings: MetricsGeneratorSettings, wanted: WantedKeys): Dimension[] {
  const { dimensions, enableClientServerPrefix } = settings.serviceGraphs;
  const labelOf = (name: string) => cut(sanitize(name), settings.labelNameMaxBytes);
  let field: number = FIELD.dimensions;
  return dimensions.map((name) => {
    const id = wanted.id(name);
    if (!enableClientServerPrefix) {
      const both = { label: labelOf(name), field: field++ };
      return { id, client: both, server: both };
    }
    return {
      id,
      client: { label: labelOf(`client_${name}`), field: field++ },
      server: { label: labelOf(`server_${name}`), field: field++ },
    };
  });
}
