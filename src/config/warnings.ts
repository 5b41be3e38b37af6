/** What a configuration says and what is not heeded, one line each: told once when the server starts. */

import type { YamlNode } from './yaml-node.ts';

export class Warnings {
  readonly #lines: string[] = [];

  add(node: YamlNode, what: string): void {
    this.#lines.push(`${node.position}: ${node.path} ${what}`);
  }

  get lines(): readonly string[] {
    return this.#lines;
  }
}
