/** Parameters of Alertmanager's API. Of one that is given several times the last counts; an empty one is none. */

import type { AlertMatcher } from '../../alertmanager/matcher.ts';
import { compileWhole } from '../../alertmanager/matcher.ts';
import { parseMatcher } from '../../alertmanager/matcher-text.ts';

import type { Receiver } from '../../alertmanager/policy.ts';
import type { AlertFilter } from '../../alertmanager/tenant-alerts.ts';
import { TriliteError } from '../../model/errors.ts';
import type { ServiceRequest } from '../../query/service.ts';
import { Params } from '../params.ts';

/** What the original's framework takes for true; everything else is false. */
const TRUE = new Set(['true', '1', 'yes', 'ok', 'y', 'on', 'selected', 'checked', 't', 'enabled']);

export class AlertParams {
  readonly #params: Params;

  constructor({ params }: ServiceRequest) {
    this.#params = new Params(params);
  }

  /** True where it is not given. */
  isWanted(name: string): boolean {
    const text = this.#params.all(name).at(-1) ?? '';
    return text === '' || TRUE.has(text.toLowerCase());
  }

  /** Throws `bad_data`. */
  matchers(name: string): AlertMatcher[] {
    return this.#params.all(name).map(parseMatcher);
  }

  /** Which receivers are asked for. Throws `bad_data` that names the parameter. */
  receiver(): (receiver: Receiver) => boolean {
    const pattern = this.#params.all('receiver').at(-1) ?? '';
    const hasName = pattern === '' ? () => true : named('receiver', () => compileWhole(pattern));
    const matchers = named('receiver_matchers', () => this.matchers('receiver_matchers'));
    return ({ name, labels }) => hasName(name) && matchers.every((m) => m.matches(labels[m.name] ?? ''));
  }

  alertFilter(): AlertFilter {
    return {
      matchers: this.matchers('filter'),
      receiver: this.receiver(),
      active: this.isWanted('active'),
      silenced: this.isWanted('silenced'),
      inhibited: this.isWanted('inhibited'),
      muted: this.isWanted('muted'),
    };
  }
}

function named<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TriliteError)) throw error;
    throw new TriliteError('bad_data', `failed to parse ${name} param: ${error.message}`);
  }
}
