/** Runs a parsed template: control structures, pipelines, fields, variables, methods of times. */

import type { Node, Operand, ParsedTemplate, Pipeline } from './parse.ts';
import { format } from './print-value.ts';
import type { TemplateFunction } from './template-function.ts';
import { durationMethod, timeMethod } from './time-format.ts';
import {
  ArgumentError,
  type GoMethod,
  isDuration,
  isList,
  isMap,
  isTime,
  Struct,
  TemplateError,
  TextMap,
  TypedList,
  TypedTextMap,
  truth,
  typeName,
  type Value,
} from './value.ts';
import type { Writing } from './writing.ts';

/** What one execution may put out unless it is given more; a loop that writes more fails. */
const OUTPUT_MAX_CHARS = 1 << 20;
/** Templates calling templates. */
const CALL_DEPTH_MAX = 100;

type Flow = 'next' | 'break' | 'continue';

/** One execution; `Context` is what the functions are given. */
export class Evaluation<Context> {
  readonly #template: ParsedTemplate;
  readonly #functions: ReadonlyMap<string, TemplateFunction<Context>>;
  readonly #context: Context;
  readonly #texts: Value | undefined;
  #variables: [string, Value][];
  #out = '';
  #depth = 0;
  /** The call that is under way: a function's name and the command that it stands in. */
  #calledName = '';
  #calledCommand: readonly Operand[] | undefined;
  /** The command that was begun last, and the definition that it is of; '' is the template itself. */
  #command: readonly Operand[] | undefined;
  #definition = '';
  readonly #writing: Writing | undefined;
  readonly #outputMaxChars: number;

  /** `texts` is the map, if any, whose members are all text in Go's types: one that is not there is empty text. */
  constructor(
    template: ParsedTemplate,
    functions: ReadonlyMap<string, TemplateFunction<Context>>,
    context: Context,
    dot: Value,
    texts?: ReadonlyMap<string, string>,
    writing?: Writing,
    outputMaxChars = OUTPUT_MAX_CHARS,
  ) {
    this.#template = template;
    this.#functions = functions;
    this.#context = context;
    this.#texts = texts;
    this.#writing = writing;
    this.#outputMaxChars = outputMaxChars;
    this.#variables = [['$', dot]];
  }

  run(dot: Value): string {
    this.#nodes(this.#template.nodes, dot);
    return this.#out;
  }

  /** The failure of this execution with its place, as Go's texts tell it; `label` names the template. */
  explain(error: Error, label: string): string {
    const place = this.#calledCommand && this.#template.places.get(this.#calledCommand);
    if (!place) return `template: ${label}: ${error.message}`;
    const { line, column, text } = place;
    const calling = error instanceof ArgumentError ? '' : `error calling ${this.#calledName}: `;
    return `template: ${label}:${line}:${column}: executing ${JSON.stringify(label)} at <${text}>: ${calling}${error.message}`;
  }

  /** The same of a template whose definitions come from several files: where it failed may be in any of them. */
  explainPlace(error: Error): string {
    const command = this.#calledCommand ?? this.#command;
    const place = command && this.#template.places.get(command);
    if (!place) return `template: ${error.message}`;
    const { label, line, column, text } = place;
    const isCall = this.#calledCommand !== undefined && !(error instanceof ArgumentError);
    const calling = isCall ? `error calling ${this.#calledName}: ` : '';
    const at = `${label}:${line}:${column}: executing ${JSON.stringify(this.#definition)} at <${text}>`;
    return `template: ${at}: ${calling}${error.message.replace(/^template: /, '')}`;
  }

  #write(text: string): void {
    this.#out += text;
    if (this.#out.length > this.#outputMaxChars) throw new TemplateError('template: output too large');
  }

  #nodes(nodes: readonly Node[], dot: Value): Flow {
    const mark = this.#variables.length;
    for (const node of nodes) {
      const flow = this.#node(node, dot);
      if (flow !== 'next') {
        this.#variables.length = mark;
        return flow;
      }
    }
    this.#variables.length = mark;
    return 'next';
  }

  #node(node: Node, dot: Value): Flow {
    switch (node.kind) {
      case 'text':
        this.#write(this.#writing ? this.#writing.text(node.text) : node.text);
        return 'next';
      case 'action': {
        const value = this.#pipeline(node.pipeline, dot);
        if (node.pipeline.variables.length > 0) return 'next';
        this.#write(this.#writing ? this.#writing.value(value, lastFunction(node.pipeline)) : format(value));
        return 'next';
      }
      case 'break':
      case 'continue':
        return node.kind;
      case 'template':
        return this.#call(node.name, node.pipeline ? this.#pipeline(node.pipeline, dot) : null);
      case 'range':
        return this.#range(node, dot);
      default: {
        const mark = this.#variables.length;
        const value = this.#pipeline(node.pipeline, dot);
        const inner = node.kind === 'with' && truth(value) ? value : dot;
        const flow = this.#nodes(truth(value) ? node.body : node.orElse, inner);
        this.#variables.length = mark;
        return flow;
      }
    }
  }

  #call(name: string, dot: Value): Flow {
    const nodes = this.#template.defined.get(name);
    if (!nodes) throw new TemplateError(`template: template ${JSON.stringify(name)} not defined`);
    if (++this.#depth > CALL_DEPTH_MAX) throw new TemplateError('template: exceeded maximum template depth');
    const saved = this.#variables;
    const definition = this.#definition;
    this.#variables = [['$', dot]];
    this.#definition = name;
    this.#nodes(nodes, dot);
    this.#variables = saved;
    this.#definition = definition;
    this.#depth--;
    return 'next';
  }

  #range(node: Extract<Node, { kind: 'if' | 'with' | 'range' }>, dot: Value): Flow {
    const mark = this.#variables.length;
    const { variables } = node.pipeline;
    const value = this.#commands(node.pipeline, dot);
    const items = rangeItems(value);
    if (items.length === 0) return this.#nodes(node.orElse, dot);
    for (const [key, element] of items) {
      if (variables.length === 1) this.#variables.push([variables[0]!, element]);
      if (variables.length === 2) this.#variables.push([variables[0]!, key], [variables[1]!, element]);
      const flow = this.#nodes(node.body, element);
      this.#variables.length = mark;
      if (flow === 'break') break;
    }
    return 'next';
  }

  #pipeline(pipeline: Pipeline, dot: Value): Value {
    const value = this.#commands(pipeline, dot);
    for (const name of pipeline.variables) {
      if (pipeline.assigns) this.#variables.findLast(([n]) => n === name)![1] = value;
      else this.#variables.push([name, value]);
    }
    return value;
  }

  #commands(pipeline: Pipeline, dot: Value): Value {
    let value: Value | undefined;
    for (const command of pipeline.commands) value = this.#runCommand(command, dot, value);
    return value!;
  }

  #runCommand(operands: readonly Operand[], dot: Value, piped: Value | undefined): Value {
    this.#command = operands;
    const first = operands[0]!;
    const rest = operands.slice(1);
    if (first.kind === 'function' && first.path.length === 0) {
      return this.#function(first.name, rest, dot, piped, operands);
    }
    if (first.kind === 'nil') throw new TemplateError('nil is not a command');
    const chain = 'path' in first;
    if (rest.length > 0 || piped !== undefined) {
      if (!chain || first.path.length === 0) throw new TemplateError("can't give argument to non-function");
      const args = rest.map((o) => this.#operand(o, dot));
      if (piped !== undefined) args.push(piped);
      const base = this.#base(first, dot);
      const owner = this.#walk(base, first.path.slice(0, -1), []);
      return this.#walk(owner, first.path.slice(-1), args);
    }
    return this.#operand(first, dot);
  }

  #base(operand: Extract<Operand, { path: readonly string[] }>, dot: Value): Value {
    if (operand.kind === 'field') return dot;
    if (operand.kind === 'variable') return this.#variable(operand.name);
    if (operand.kind === 'function') return this.#function(operand.name, [], dot, undefined, undefined);
    return this.#commands(operand.pipeline, dot);
  }

  #variable(name: string): Value {
    return this.#variables.findLast(([n]) => n === name)![1];
  }

  #operand(operand: Operand, dot: Value): Value {
    switch (operand.kind) {
      case 'dot':
        return dot;
      case 'literal':
        return operand.value;
      case 'nil':
        return null;
      default:
        return this.#walk(this.#base(operand, dot), operand.path, []);
    }
  }

  #walk(value: Value, path: readonly string[], args: readonly Value[]): Value {
    for (const name of path) {
      const method = methodOf(value, name);
      if (method) {
        if (args.length !== method.arguments) {
          const counts = `want ${method.arguments} got ${args.length}`;
          throw new ArgumentError(`wrong number of args for ${name}: ${counts}`);
        }
        value = method.call(value as never, args);
      } else if (isMap(value)) {
        if (value instanceof Struct && !value.has(name)) {
          throw new ArgumentError(`can't evaluate field ${name} in type ${value.type.name}`);
        }
        if (args.length > 0) throw new TemplateError(`${name} is not a method but has arguments`);
        const found: Value | undefined = value.get(name);
        value = found ?? (value === this.#texts || value instanceof TextMap ? '' : null);
      } else if (isTime(value)) value = timeMethod(value, name, args);
      else if (isDuration(value)) value = durationMethod(value, name);
      else if (value === null) throw new TemplateError(`nil pointer evaluating interface {}.${name}`);
      else throw new TemplateError(`can't evaluate field ${name} in type ${typeName(value)}`);
    }
    return value;
  }

  /** `command` is the whole that the call is, where it is one. */
  #function(
    name: string,
    operands: readonly Operand[],
    dot: Value,
    piped: Value | undefined,
    command: readonly Operand[] | undefined,
  ): Value {
    if (name === 'and' || name === 'or') return this.#shortCircuit(name, operands, dot, piped);
    const args = operands.map((o) => this.#operand(o, dot));
    if (piped !== undefined) args.push(piped);
    const fn = this.#functions.get(name)!;
    if (args.length < fn.min || args.length > fn.max) {
      throw new TemplateError(`wrong number of args for ${name}: want ${fn.min} got ${args.length}`);
    }
    this.#calledName = name;
    this.#calledCommand = command;
    const value = fn.call(args, this.#context);
    this.#calledCommand = undefined;
    return value;
  }

  #shortCircuit(
    name: 'and' | 'or',
    operands: readonly Operand[],
    dot: Value,
    piped: Value | undefined,
  ): Value {
    let value: Value = null;
    for (const operand of operands) {
      value = this.#operand(operand, dot);
      if (truth(value) === (name === 'or')) return value;
    }
    return piped ?? value;
  }
}

/** The function that a pipeline ends with. */
function lastFunction({ commands }: Pipeline): string | undefined {
  const last = commands.at(-1)![0]!;
  return last.kind === 'function' && last.path.length === 0 ? last.name : undefined;
}

function methodOf(value: Value, name: string): GoMethod<never> | undefined {
  if (!(value instanceof TypedTextMap || value instanceof TypedList)) return undefined;
  return Object.hasOwn(value.type.methods, name) ? value.type.methods[name] : undefined;
}

function rangeItems(value: Value): [Value, Value][] {
  if (isList(value)) return value.map((v, i) => [BigInt(i), v]);
  if (isMap(value)) return [...value.keys()].sort().map((k) => [k, value.get(k)!]);
  if (typeof value === 'bigint')
    return Array.from({ length: Number(value) }, (_, i) => [BigInt(i), BigInt(i)]);
  if (value === null) return [];
  throw new TemplateError(`range can't iterate over ${format(value)}`);
}
