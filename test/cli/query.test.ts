/** `trilite query` against a server: every output, exit codes, what it says of errors; and completion in real shells. */

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { completeLine } from '../../src/cli/completion-words.ts';
import { queryCommand } from '../../src/cli/query.ts';
import { freePort } from '../support/free-port.ts';
import { postBody } from '../support/http-api.ts';
import { findProgram, skipUnless } from '../support/program.ts';
import { type TemporaryServer, temporaryServer } from '../support/temporary-server.ts';

const PROGRAM = path.join(import.meta.dirname, '../../bin/trilite');
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const NOW = Math.floor(Date.now() / 60_000) * 60_000;
const AT = ['--time', String(NOW / 1000)];
let temporary: TemporaryServer;
let base: string;

before(async () => {
  temporary = await temporaryServer();
  base = temporary.server.base;
  const ns = (ms: number) => `${NOW + ms}000000`;
  const attributes = (set: Record<string, string>) =>
    Object.entries(set).map(([key, stringValue]) => ({ key, value: { stringValue } }));
  const resource = { attributes: attributes({ 'service.name': 'shop' }) };
  const json = { 'content-type': 'application/json' };
  const send = (where: string, body: object) => postBody(`${base}${where}`, json, JSON.stringify(body));
  const points = ['orders', 'mail'].flatMap((queue, of) =>
    Array.from({ length: 31 }, (_, at) => ({
      attributes: attributes({ queue }),
      timeUnixNano: ns((at - 30) * 60_000),
      asDouble: at * (of + 1),
    })),
  );
  const metrics = [{ name: 'queue_depth', gauge: { dataPoints: points } }];
  await send('/v1/metrics', { resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] });
  const values = [
    [ns(-2000), 'order 1'],
    [ns(-1000), 'order 2 "quoted", with a comma'],
  ];
  await send('/loki/api/v1/push', { streams: [{ stream: { app: 'shop', level: 'error' }, values }] });
  const span = (spanId: string, parentSpanId: string, name: string, from: number, to: number, code = 0) => ({
    ...{ traceId: TRACE, spanId, parentSpanId, name, kind: 2, status: { code } },
    ...{ startTimeUnixNano: ns(from), endTimeUnixNano: ns(to), attributes: attributes({ step: name }) },
  });
  const spans = [
    span('0a'.repeat(8), '', 'checkout', -1000, 0),
    span('0b'.repeat(8), '0a'.repeat(8), 'charge', -800, -300, 2),
  ];
  await send('/v1/traces', { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
});
after(() => temporary.dispose());

async function query(...args: string[]) {
  return queryAt(base, args);
}

async function queryAt(url: string, args: readonly string[], terminal = {}) {
  const written = { out: '', err: '' };
  const output = {
    out: (line: string) => void (written.out += `${line}\n`),
    err: (line: string) => void (written.err += `${line}\n`),
  };
  const code = await queryCommand([...args, '--url', url, '--utc'], output, terminal);
  return { code, ...written };
}

describe('outputs', () => {
  test('an instant vector as a table, CSV, JSON lines and values', async () => {
    assert.deepEqual(await query('sort_desc(queue_depth)', ...AT), {
      code: 0,
      out: 'queue_depth{job="shop"}\nqueue   value\nmail       60\norders     30\n',
      err: '',
    });
    const time = new Date(NOW).toISOString();
    assert.equal(
      (await query('queue_depth{queue="mail"}', '-o', 'csv', 'promql', ...AT).catch((e) => e)).message,
      'unexpected argument "promql": the query is one argument, in quotes; see trilite query --help',
    );
    assert.equal(
      (await query('promql', 'sort_desc(queue_depth)', '-o', 'csv', ...AT)).out,
      `time,__name__,job,queue,value\r\n${time},queue_depth,shop,mail,60\r\n${time},queue_depth,shop,orders,30\r\n`,
    );
    assert.equal((await query('sort_desc(queue_depth)', '-o', 'raw', ...AT)).out, '60\n30\n');
    assert.equal(
      (await query('queue_depth == 60', '-o', 'jsonl', ...AT)).out,
      `{"time":"${time}","labels":{"__name__":"queue_depth","job":"shop","queue":"mail"},"value":60}\n`,
    );
    assert.equal(JSON.parse((await query('queue_depth', '-o', 'json', ...AT)).out).data.resultType, 'vector');
  });

  test('a range as a table and a graph', async () => {
    const range = ['--to', String(NOW / 1000), '--since', '30m', '--step', '1m'];
    const table = (await query('queue_depth', ...range)).out;
    assert.match(table, /^mail +▁\S*█ +60 +0 +30 +60 +31$/m);
    const graph = await query('queue_depth', ...range, '-o', 'graph', '--width', '60', '--height', '8');
    assert.match(graph.out, /^ 50┤ +\*+ *$/m);
    assert.match(graph.out, /^\+ \{queue="orders"\} {2}30$/m);
    const bars = (await query('queue_depth', ...AT, '-o', 'graph', '--width', '50', '--ascii')).out;
    assert.match(bars, /^\{queue="mail"\} +#{10,} +60$/m);
  });

  test('log lines, oldest first; their numbers', async () => {
    assert.equal(
      (await query('logql', '{app="shop"}', '-o', 'raw')).out,
      'order 1\norder 2 "quoted", with a comma\n',
    );
    assert.match((await query('{app="shop"} |= "order 2"')).out, /^[\d:. -]+ order 2 "quoted"/);
    assert.match(
      (await query('logql', '{app="shop"}', '-o', 'csv')).out,
      /,"order 2 ""quoted"", with a comma"\r\n/,
    );
    assert.match((await query('logql', 'count_over_time({app="shop"}[1h])', '-o', 'raw', ...AT)).out, /^2$/m);
    assert.equal(
      (await query('logql', '{app="shop"}', '--limit', '1', '-o', 'raw')).out.split('\n').length,
      2,
    );
  });

  test('traces found, and one of them as a tree', async () => {
    assert.match(
      (await query('{ status = error }')).out,
      new RegExp(`^${TRACE} .* shop +checkout +1 s +1 +1 +status=error$`, 'm'),
    );
    const { out, code } = await query(TRACE, '--all', '--width', '80');
    assert.equal(code, 0);
    assert.match(out, /^└─ ✗ charge {2}shop +█+ +500 ms$/m);
    assert.match(out, /step = charge/);
    assert.match((await query('traceql', '{} | rate()')).out, /last/);
  });

  test('names and values', async () => {
    assert.match((await query('metrics')).out, /^queue_depth$/m);
    assert.match((await query('labels', '--signal', 'logs')).out, /^app$/m);
    assert.equal((await query('values', 'queue')).out, 'mail\norders\n');
    assert.match((await query('values', 'span.step', '--signal', 'traces')).out, /^charge$/m);
    assert.match((await query('series', 'queue_depth')).out, /^mail$/m);
  });

  test('a screen has colours and a width', async () => {
    const screen = { isTTY: true, columns: 30, rows: 20 };
    const { out } = await queryAt(base, ['logql', '{app="shop"}', '--color', 'always'], screen);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what is looked for.
    assert.match(out, /\x1b\[31morder 1\x1b\[0m/);
    const narrow = await queryAt(base, ['series', 'queue_depth', '--color', 'never'], screen);
    assert.ok(narrow.out.split('\n').every((line) => line.length <= 30));
  });
});

describe('what goes wrong', () => {
  test('has an exit code each', async () => {
    assert.deepEqual(await query('nothing_there'), { code: 1, out: '', err: '' });
    assert.equal((await query('trace', 'f'.repeat(32))).code, 1);
    const port = await freePort();
    assert.equal((await queryAt(`http://127.0.0.1:${port}`, ['up'])).code, 3);
    assert.equal((await query('up', '--data', '/nowhere')).code, 3);
    const refused = await query('sum(queue_depth');
    assert.equal(refused.code, 4);
    assert.match(refused.err, /unclosed left parenthesis\n {2}sum\(queue_depth\n +\^\n$/);
  });

  test('flags that cannot be are told before anything is asked', async () => {
    for (const [args, message] of [
      [['up', '--from', 'soon'], /--from: "soon" is no time/],
      [['up', '--from', '-1h', '--since', '1h'], /--since stands instead of --from/],
      [['up', '--from', 'now', '--to', '-1h'], /--from lies after --to/],
      [['up', '-o', 'xml'], /--output: "xml" is none of table, graph/],
      [['up', '--limit', '0'], /no number from 1 on/],
      [['{app="shop"}'], /could be a query in 2 languages/],
      [[], /a query is missing/],
    ] as const)
      await assert.rejects(query(...args), { name: 'ConfigError', message });
  });

  test('whoever reads the head alone ends it', async () => {
    const command = `"$0" query logql '{app="shop"}' -o jsonl --url "$1" | head -1`;
    const child = spawn('sh', ['-c', command, PROGRAM, base]);
    let err = '';
    child.stderr.on('data', (text) => (err += text));
    await new Promise((done) => child.on('close', done));
    assert.equal(err, '');
  });
});

describe('completion of a query', () => {
  test('asks the server for names and values', async () => {
    const of = async (line: string) => (await completeLine(line)).slice(1);
    const flag = `--url ${base}`;
    assert.deepEqual(await of(`trilite query ${flag} 'sum(queue_`), ['sum(queue_depth']);
    assert.deepEqual(await of(`trilite query ${flag} 'queue_depth{qu`), ['queue_depth{queue="']);
    assert.deepEqual(await of(`trilite query ${flag} 'queue_depth{queue="m`), ['queue_depth{queue="mail"']);
    assert.deepEqual(await of(`trilite tail --addr ${base} '{app="`), ['{app="shop"']);
    assert.deepEqual(await of(`trilite query --url http://127.0.0.1:1 'queue_`), []);
  });

  const shells: readonly [string, readonly string[], string][] = [
    [
      'bash',
      ['--norc', '-c'],
      `source <(trilite completion bash)
       COMP_LINE="trilite query $2"; COMP_POINT=\${#COMP_LINE}; COMP_WORDS=(trilite query "$2"); COMP_CWORD=2
       _trilite; printf '%s\\n' "\${COMPREPLY[@]}"`,
    ],
    ['fish', ['--no-config', '-c'], 'trilite completion fish | source; complete -C "trilite query $argv[2]"'],
    [
      'zsh',
      ['-f', '-c'],
      `compdef() { :; }; source <(trilite completion zsh)
       compadd() { print -l -- "\${(@P)@[-1]}"; }
       words=(trilite query "$2"); LBUFFER="trilite query $2"; _trilite`,
    ],
  ];
  for (const [shell, args, script] of shells) {
    const found = findProgram(shell);
    test(`in ${shell}`, { skip: skipUnless(found !== undefined, shell) }, async () => {
      const complete = (word: string) =>
        new Promise<string>((resolve, reject) => {
          // What bash and zsh count as $0 and $1, fish as the first argument.
          const names = shell === 'fish' ? ['x'] : ['x', 'y'];
          const env = {
            ...process.env,
            PATH: `${path.dirname(PROGRAM)}:${process.env.PATH}`,
            TRILITE_ADDR: base,
          };
          execFile(found!, [...args, script, ...names, word], { env }, (error, stdout, stderr) =>
            error ? reject(new Error(`${error.message} ${stderr}`)) : resolve(stdout),
          );
        });
      assert.match(await complete('--out'), /^--output\b/m);
      assert.match(await complete('queue_'), /^queue_depth$/m);
    });
  }
});
