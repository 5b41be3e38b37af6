/**
 * Runs the templates of a configuration: those that receivers have by default, the definitions of the user's files, which win, and
 * the texts that stand in the configuration itself. A text is parsed once.
 */

import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileError } from '../../base/file-error.ts';
import { Evaluation } from '../../model/template/eval.ts';
import { HtmlWriting } from '../../model/template/html-writing.ts';
import {
  type CommandPlace,
  type Node,
  type Operand,
  type ParsedTemplate,
  parseTemplate,
} from '../../model/template/parse.ts';
import { type Struct, TemplateError } from '../../model/template/value.ts';
import type { Notification } from '../notify/integration.ts';
import { DEFAULT_TEMPLATES } from './default-templates.ts';
import {
  NOTIFICATION_FUNCTION_NAMES,
  NOTIFICATION_FUNCTIONS,
  type NotificationContext,
} from './functions.ts';
import { pairsOf, templateData } from './template-data.ts';

/** A template's text, and where it is from for messages. */
export interface TemplateFile {
  readonly name: string;
  readonly text: string;
}

/** A group of thousands of alerts as JSON within a template stays under it. */
const OUTPUT_MAX_CHARS = 1 << 24;

/** What one notification says: texts expanded with its data. */
export interface Expansion {
  readonly routeLabels: ReadonlyMap<string, string>;
  /** Throws `TemplateError`; '' is ''. */
  text(template: string): string;
  /** As part of a page: values are escaped by where they stand. */
  html(template: string): string;
}

/**
 * The files that `templates:` names, in the order of their names within a pattern. A pattern that matches nothing is none: its
 * files may come later. Throws `TemplateError`.
 */
export function readTemplateFiles(patterns: readonly string[]): TemplateFile[] {
  return patterns.flatMap((pattern) =>
    globSync(pattern)
      .sort()
      .map((path) => {
        try {
          return { name: basename(path), text: readFileSync(path, 'utf8') };
        } catch (error) {
          throw new TemplateError(`open ${path}: ${fileError(error, path)}`);
        }
      }),
  );
}

export class NotificationTemplates {
  readonly #defined = new Map<string, readonly Node[]>();
  readonly #places = new Map<readonly Operand[], CommandPlace>();
  readonly #texts = new Map<string, ParsedTemplate>();
  #hasDefaults = false;

  /** Throws `TemplateError` where a file is no template; the message has its name and the line. */
  constructor(files: readonly TemplateFile[]) {
    for (const file of files) this.#add(this.#parse(file.text, file.name), file.name, false);
  }

  #parse(text: string, label: string): ParsedTemplate {
    return parseTemplate(text, label, NOTIFICATION_FUNCTION_NAMES);
  }

  /** A later definition takes an earlier one's place unless it is blank. `isBase`: what is there already wins. */
  #add({ nodes, defined, places }: ParsedTemplate, name: string, isBase: boolean): void {
    const entries = name === '' ? [...defined] : [...defined, [name, nodes] as const];
    for (const [definition, body] of entries) {
      const known = this.#defined.get(definition);
      if (known && (isBase ? !isBlank(known) : isBlank(body))) continue;
      this.#defined.set(definition, body);
    }
    for (const [command, place] of places) this.#places.set(command, place);
  }

  /** Parsed when they are needed first, which is not when the server starts. */
  #addDefaults(): void {
    if (this.#hasDefaults) return;
    this.#hasDefaults = true;
    this.#add(this.#parse(DEFAULT_TEMPLATES, ''), '', true);
  }

  #parsed(text: string): ParsedTemplate {
    let parsed = this.#texts.get(text);
    if (!parsed) {
      this.#addDefaults();
      const own = this.#parse(text, '');
      parsed = {
        nodes: own.nodes,
        defined: new Map([...this.#defined, ...own.defined]),
        places: new Map([...this.#places, ...own.places]),
      };
      this.#texts.set(text, parsed);
    }
    return parsed;
  }

  /** `externalUrl` is this server's. */
  expand(notification: Notification, externalUrl: string, nowMs: number): Expansion {
    const unrendered = new Map(pairsOf(notification.routeLabels.pairs));
    const rendered = this.#routeLabels(notification, unrendered, externalUrl, nowMs);
    const context = { nowMs, routeLabel: (name: string) => rendered.get(name) ?? '' };
    // Many alerts are much work, and a webhook needs none of it.
    let made: Struct | undefined;
    const data = (): Struct => (made ??= templateData(notification, rendered, externalUrl));
    return {
      routeLabels: rendered,
      text: (template) => this.#run(template, data, context, undefined),
      html: (template) => this.#run(template, data, context, new HtmlWriting()),
    };
  }

  /** A route's labels may be templates and name each other. One that fails is left out. */
  #routeLabels(
    notification: Notification,
    written: ReadonlyMap<string, string>,
    externalUrl: string,
    nowMs: number,
  ): ReadonlyMap<string, string> {
    const isTemplate = [...written.values()].some((value) => value.includes('{{'));
    if (!isTemplate) return written;
    const data = templateData(notification, written, externalUrl);
    const done = new Map<string, string>();
    const under: string[] = [];
    const routeLabel = (name: string): string => {
      const value = written.get(name);
      if (value === undefined) return '';
      const known = done.get(name);
      if (known !== undefined) return known;
      if (under.includes(name)) {
        throw new TemplateError(`route label cycle detected: ${[...under, name].join(' -> ')}`);
      }
      under.push(name);
      try {
        const text = this.#run(value, () => data, { nowMs, routeLabel }, undefined);
        done.set(name, text);
        return text;
      } finally {
        under.pop();
      }
    };
    for (const name of written.keys()) {
      try {
        routeLabel(name);
      } catch (error) {
        if (!(error instanceof TemplateError)) throw error;
      }
    }
    return done;
  }

  #run(
    template: string,
    dataOf: () => Struct,
    context: NotificationContext,
    writing: HtmlWriting | undefined,
  ): string {
    if (template === '') return '';
    // Fast path: nothing to expand, and nothing that a page's rules would change.
    if (!template.includes('{{') && !writing) return template;
    const parsed = this.#parsed(template);
    const data = dataOf();
    const evaluation = new Evaluation(
      ...([parsed, NOTIFICATION_FUNCTIONS, context, data, undefined, writing, OUTPUT_MAX_CHARS] as const),
    );
    try {
      return evaluation.run(data);
    } catch (error) {
      throw new TemplateError(evaluation.explainPlace(error as Error));
    }
  }
}

function isBlank(nodes: readonly Node[]): boolean {
  return nodes.every((node) => node.kind === 'text' && node.text.trim() === '');
}
