/** Containers are found, labelled and followed, and nothing is there twice when a connection or the server ends. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { type DockerLine, DockerLines, FrameSplitter } from '../../../src/tail/docker/log-frames.ts';
import { eventually } from '../../support/poll.ts';
import { metric, TailFolder } from '../tail-harness.ts';
import { FakeContainer, FakeDocker } from './fake-docker.ts';

let folder: TailFolder;
let docker: FakeDocker;
beforeEach(async () => {
  folder = new TailFolder();
  docker = new FakeDocker();
  await docker.listen(folder.at('docker.sock'));
});
afterEach(async () => {
  await folder.remove();
  await docker.close();
});

const CONFIG = `
scrape_configs:
  - job_name: docker
    docker_sd_configs:
      - host: unix://PATH/docker.sock
        refresh_interval: 1s
        filters: [{name: label, values: [logging=on]}]
    relabel_configs:
      - source_labels: [__meta_docker_container_name]
        regex: /(.*)
        target_label: container
      - source_labels: [__meta_docker_container_log_stream]
        target_label: stream
      - source_labels: [__meta_docker_container_label_com_docker_compose_service]
        target_label: service
      - source_labels: [__meta_docker_network_name, __meta_docker_port_private]
        separator: ':'
        target_label: net
      - source_labels: [__meta_docker_container_name]
        regex: /hidden
        action: drop
`;
const container = (id: string, name: string, isTty = false) =>
  new FakeContainer(
    {
      Id: id,
      Names: [`/${name}`],
      Image: 'img',
      ImageID: 'sha',
      Labels: { 'com.docker.compose.service': `${name}-service` },
      Ports: [
        { Type: 'tcp', PrivatePort: 80, PublicPort: 8080, IP: '0.0.0.0' },
        { Type: 'udp', PrivatePort: 53 },
        { Type: 'tcp', PrivatePort: 443 },
      ],
      HostConfig: { NetworkMode: 'bridge' },
      NetworkSettings: { Networks: { bridge: { NetworkID: 'n1', IPAddress: '172.17.0.2' } } },
    },
    isTty,
  );
const at = (nanos: number) => `2026-03-04T05:06:07.${String(nanos).padStart(9, '0')}Z`;
const sees = (expected: readonly string[]) =>
  eventually(async () => assert.deepEqual(folder.recorder.lines(), expected));

describe('a container', () => {
  it('is found, labelled and followed with its own times', async () => {
    const web = docker.add(container('abc', 'web'));
    docker.add(container('def', 'hidden')).log(1, at(1), 'no\n');
    web.log(1, at(5), 'out\n');
    web.log(2, at(6), 'err\r\n');
    const running = await folder.start(CONFIG);
    await sees(['out', 'err']);
    const [out, err] = folder.recorder.entries;
    assert.deepEqual(out!.labels, {
      container: 'web',
      net: 'bridge:80',
      service: 'web-service',
      service_name: 'web-service',
      stream: 'stdout',
    });
    assert.equal(err!.labels.stream, 'stderr');
    assert.equal(out!.ns, BigInt(Date.parse('2026-03-04T05:06:07Z')) * 1_000_000n + 5n);
    const list = docker.requests.find((r) => r.startsWith('/containers/json'))!;
    assert.equal(new URL(list, 'http://x').searchParams.get('filters'), '{"label":["logging=on"]}');
    web.log(1, at(7), 'a long ');
    web.log(2, at(8), 'between\n');
    web.log(1, at(9), 'line\n');
    await sees(['out', 'err', 'between', 'a long line']);
    assert.equal(metric(running.telemetry, 'trilite_tail_containers_active'), 1);
  });

  it('that has just started is followed at once, and one that has ended is let go', async () => {
    const running = await folder.start(CONFIG.replace('1s', '1h'));
    await eventually(async () => assert.ok(docker.requests.some((r) => r.startsWith('/events'))));
    const late = docker.add(container('abc', 'late', true));
    late.log(1, at(1), 'plain text of a terminal\r\n');
    await sees(['plain text of a terminal']);
    late.log(1, at(2), 'last words\n');
    late.exit();
    docker.announce();
    await sees(['plain text of a terminal', 'last words']);
    await eventually(async () =>
      assert.equal(metric(running.telemetry, 'trilite_tail_containers_active'), 0),
    );
  });

  it('is taken up again after the engine was gone, and after a restart, nothing lost or repeated', async () => {
    const web = docker.add(container('abc', 'web'));
    // Equal lines at equal times, on both streams: what was taken is known by their number.
    for (const text of ['a\n', 'b\n', 'c\n']) web.log(1, at(10), text);
    web.log(2, at(9), 'e\n');
    const running = await folder.start(CONFIG);
    await sees(['a', 'b', 'c', 'e']);
    web.cut();
    web.log(1, at(10), 'd\n');
    web.log(2, at(9), 'f\n');
    await sees(['a', 'b', 'c', 'e', 'd', 'f']);
    await running.stop();
    assert.match(readFileSync(folder.positionsFile, 'utf8'), /cursor-abc: "1772600767"\n/);
    web.log(1, at(11), 'g\n');
    web.log(2, at(9), 'h\n');
    await folder.start(CONFIG);
    await sees(['a', 'b', 'c', 'e', 'd', 'f', 'g', 'h']);
    // Nothing was even sent twice.
    assert.equal(folder.recorder.repeated, 0);
  });

  it("goes on from Promtail's position", async () => {
    const web = docker.add(container('abc', 'web'));
    web.log(1, '2026-03-04T05:06:06.000000000Z', 'before\n');
    web.log(1, at(1), 'after\n');
    folder.write('positions.yaml', 'positions:\n  cursor-abc: "1772600767"\n');
    await folder.start(CONFIG);
    await sees(['after']);
  });
});

describe('frames', () => {
  it('are the same however their bytes are cut', () => {
    const piece = fc.record({
      stream: fc.constantFrom<1 | 2>(1, 2),
      text: fc.string({ unit: fc.constantFrom('a', 'ü', ' ', '1') }),
      isWhole: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(piece), fc.array(fc.nat()), (pieces, cuts) => {
        const sender = container('x', 'x');
        const expected: Record<string, string[]> = { stdout: [], stderr: [] };
        const open: Record<string, string> = { stdout: '', stderr: '' };
        const frames = pieces.map(({ stream, text, isWhole }, i) => {
          const name = stream === 1 ? 'stdout' : 'stderr';
          open[name] += text;
          if (isWhole) {
            expected[name]!.push(open[name]!);
            open[name] = '';
          }
          return sender.frame({ stream, time: at(i), text: isWhole ? `${text}\n` : text });
        });
        const bytes = Buffer.concat(frames);
        const found: DockerLine[] = [];
        const lines = { stdout: new DockerLines('stdout'), stderr: new DockerLines('stderr') };
        const splitter = new FrameSplitter();
        const ends = [...cuts.map((c) => c % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
        let from = 0;
        for (const end of ends) {
          splitter.push(bytes.subarray(from, end), (stream, payload) =>
            lines[stream].frame(payload, (line) => found.push(line)),
          );
          from = end;
        }
        for (const name of ['stdout', 'stderr']) {
          const texts = found.filter((l) => l.stream === name).map((l) => l.text);
          assert.deepEqual(texts, expected[name]);
        }
      }),
    );
  });

  it('that are none are told apart from a log', () => {
    assert.throws(
      () => new FrameSplitter().push(Buffer.from('HTTP/1.1 500\r\n'), () => {}),
      /no frame of a log/,
    );
  });
});
