/**
 * html/template: values are escaped by where in a page they come to stand. The original finds that out before a template runs, by
 * following all its branches; here the output itself is followed as it grows, which comes to the same where the branches
 * of a template end in the same place, and is as safe where they do not.
 *
 * Within scripts nothing is put out: a mail has none, and the rules for them are many.
 */

import {
  type AttributeKind,
  attributeKind,
  escapeMarkup,
  escapeText,
  escapeUnquoted,
  escapeUrl,
  filterCss,
  filterName,
  filterUrl,
  normalizeUrl,
  REFUSED,
  withoutTags,
} from './html-escape.ts';
import { format } from './print-value.ts';
import { isMarked, TemplateError, type Value } from './value.ts';
import type { Writing } from './writing.ts';

type State = 'text' | 'comment' | 'tag' | 'name' | 'afterName' | 'beforeValue' | 'value' | 'raw';

/** Whose content is not markup. */
const RAW_ELEMENTS: ReadonlySet<string> = new Set(['script', 'style', 'textarea', 'title']);

const OPEN_TAG = /^<(\/?)([a-zA-Z](?:[a-zA-Z0-9]|[:-](?=[a-zA-Z0-9]))*)/;
const DOCTYPE = /^<!doctype/i;

export class HtmlWriting implements Writing {
  #state: State = 'text';
  /** Of the tag that was opened last, where its content is not markup. */
  #element = '';
  #attribute = '';
  #kind: AttributeKind = 'plain';
  /** That ends the attribute's value; '' where it has no quotes. */
  #quote = '';
  /** What has been read of a URL: nothing, its beginning, or that it has a query or a fragment. */
  #url: 'none' | 'path' | 'query' = 'none';
  /** Within a style: the quote or parenthesis that was opened. */
  #cssQuote = '';

  text(text: string): string {
    let out = '';
    for (let at = 0; at < text.length; ) {
      const { length, written } = this.#step(text.slice(at));
      out += written ?? text.slice(at, at + length);
      at += length;
    }
    return out;
  }

  /** Reads on by at least a character. */
  #step(rest: string): { readonly length: number; readonly written?: string } {
    switch (this.#state) {
      case 'text':
        return this.#inText(rest);
      case 'comment':
        return this.#inComment(rest);
      case 'raw':
        return this.#inRaw(rest);
      case 'value':
        return this.#inValue(rest);
      default:
        return this.#inTag(rest);
    }
  }

  #inText(rest: string): { length: number; written?: string } {
    if (rest.startsWith('<!--')) {
      this.#state = 'comment';
      return { length: 4, written: '' };
    }
    const tag = OPEN_TAG.exec(rest);
    if (tag) {
      const name = tag[2]!.toLowerCase();
      this.#element = tag[1] === '' && RAW_ELEMENTS.has(name) ? name : '';
      this.#state = 'tag';
      return { length: tag[0].length };
    }
    if (rest[0] === '<') return DOCTYPE.test(rest) ? { length: 1 } : { length: 1, written: '&lt;' };
    const next = rest.indexOf('<');
    return { length: next < 0 ? rest.length : next };
  }

  #inComment(rest: string): { length: number; written: string } {
    const end = rest.indexOf('-->');
    if (end >= 0) this.#state = 'text';
    return { length: end < 0 ? rest.length : end + 3, written: '' };
  }

  #inRaw(rest: string): { length: number } {
    const end = rest.search(new RegExp(`</${this.#element}(?=[\\s/>]|$)`, 'i'));
    const length = end < 0 ? rest.length : end;
    if (this.#element === 'style') this.#readCss(rest.slice(0, length));
    if (end < 0) return { length };
    const tag = OPEN_TAG.exec(rest.slice(end))![0];
    this.#state = 'tag';
    this.#element = '';
    return { length: end + tag.length };
  }

  #inTag(rest: string): { length: number } {
    const spaces = /^[ \t\n\f\r]+/.exec(rest)?.[0].length ?? 0;
    if (spaces > 0) {
      if (this.#state === 'name') this.#nameRead();
      return { length: spaces };
    }
    const c = rest[0]!;
    if (c === '>') {
      this.#state = this.#element === '' ? 'text' : 'raw';
      this.#cssQuote = '';
      return { length: 1 };
    }
    if (c === '=' && (this.#state === 'name' || this.#state === 'afterName')) {
      this.#nameRead();
      this.#state = 'beforeValue';
      return { length: 1 };
    }
    if (this.#state === 'beforeValue') {
      const isQuoted = c === '"' || c === "'";
      this.#beginValue(isQuoted ? c : '');
      return { length: isQuoted ? 1 : 0 };
    }
    const name = /^[^ \t\n\f\r=>'"<]+/.exec(rest)?.[0];
    if (name === undefined) throw new TemplateError(`expected space, attr name, or end of tag, but got ${c}`);
    this.#attribute = this.#state === 'name' ? this.#attribute + name : name;
    this.#state = 'name';
    return { length: name.length };
  }

  #nameRead(): void {
    this.#kind = attributeKind(this.#attribute.toLowerCase());
    this.#state = 'afterName';
  }

  #beginValue(quote: string): void {
    this.#state = 'value';
    this.#quote = quote;
    this.#url = 'none';
    this.#cssQuote = '';
  }

  #inValue(rest: string): { length: number } {
    const end = rest.search(this.#quote === '' ? /[ \t\n\f\r>]/ : this.#quote === '"' ? /"/ : /'/);
    const value = end < 0 ? rest : rest.slice(0, end);
    if (this.#kind === 'url') this.#readUrl(value);
    if (this.#kind === 'css') this.#readCss(value);
    if (end < 0) return { length: rest.length };
    this.#state = 'tag';
    return { length: end + this.#quote.length };
  }

  #readUrl(value: string): void {
    const plain = value.replace(/&#?\w+;/g, 'x');
    if (/[?#]/.test(plain)) this.#url = 'query';
    else if (plain.trim() !== '' && this.#url === 'none') this.#url = 'path';
  }

  #readCss(text: string): void {
    for (let i = 0; i < text.length; i++) {
      const c = text[i]!;
      if (this.#cssQuote === '') {
        if (c === '"' || c === "'") this.#cssQuote = c;
        else if (c === '(' && /url$/i.test(text.slice(0, i))) this.#cssQuote = ')';
      } else if (c === '\\') i++;
      else if (c === this.#cssQuote) this.#cssQuote = '';
    }
  }

  value(value: Value, endsIn: string | undefined): string {
    const isEscaped = endsIn === 'html';
    const text = value === null ? '' : format(value);
    const kind = value !== null && isMarked(value) ? value.kind : undefined;
    switch (this.#state) {
      case 'text':
        return isEscaped || kind === 'html' ? text : escapeText(text);
      case 'comment':
        return '';
      case 'raw':
        return this.#rawValue(text, kind);
      case 'beforeValue':
        this.#beginValue('');
        return this.#attributeValue(text, kind, endsIn);
      case 'value':
        return this.#attributeValue(text, kind, endsIn);
      default:
        this.#state = 'name';
        return filterName(text);
    }
  }

  #rawValue(text: string, kind: 'html' | 'url' | undefined): string {
    if (this.#element === 'script') throw new TemplateError('values within scripts are not supported');
    if (this.#element === 'style') return this.#cssValue(text);
    return kind === 'html' ? escapeMarkup(text) : escapeText(text);
  }

  #attributeValue(text: string, kind: 'html' | 'url' | undefined, endsIn: string | undefined): string {
    const quoted = (plain: string): string => {
      if (this.#quote === '') return escapeUnquoted(plain);
      return endsIn === 'html' ? plain : escapeText(plain);
    };
    switch (this.#kind) {
      case 'script':
        throw new TemplateError('values within scripts are not supported');
      case 'css':
        return quoted(this.#cssValue(text));
      case 'url':
        return quoted(this.#urlValue(text, kind, endsIn));
      default:
        if (kind !== 'html') return quoted(text);
        return this.#quote === '' ? escapeUnquoted(withoutTags(text)) : escapeMarkup(withoutTags(text));
    }
  }

  #urlValue(text: string, kind: 'html' | 'url' | undefined, endsIn: string | undefined): string {
    if (this.#url === 'query') {
      if (endsIn === 'urlquery') return text;
      return kind === 'url' ? normalizeUrl(text) : escapeUrl(text);
    }
    const isFiltered = this.#url === 'none' && kind !== 'url';
    return normalizeUrl(isFiltered ? filterUrl(text) : text);
  }

  #cssValue(text: string): string {
    if (this.#cssQuote !== '' && !/^[\w .,#%-]*$/.test(text)) return REFUSED;
    return filterCss(text);
  }
}
