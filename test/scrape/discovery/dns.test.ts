/** DNS discovery against a name server of the tests' own. */

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { DnsDiscoveryConfig } from '../../../src/scrape/discovery/discovery-config.ts';
import { dnsDiscovery } from '../../../src/scrape/discovery/dns.ts';
import { namesFor, parseResolvConf, type ResolvConf } from '../../../src/scrape/discovery/resolv-conf.ts';
import { FakeDns } from '../../support/fake-dns.ts';
import { settle } from '../manual-clock.ts';
import { Watched } from './watch-harness.ts';

const REFRESH_MS = 30_000;

let dns: FakeDns;
let watched: Watched;

beforeEach(async () => {
  dns = new FakeDns();
  await dns.listen();
  watched = new Watched();
});

afterEach(async () => {
  watched.stop();
  await dns.close();
  await settle();
  assert.equal(watched.clock.pending, 0, 'nothing is left running');
});

function follow(changes: Partial<DnsDiscoveryConfig>, conf: Partial<ResolvConf> = {}): void {
  const config = {
    names: ['srv.test'],
    type: 'SRV',
    port: 9100,
    refreshIntervalMs: REFRESH_MS,
    ...changes,
  } as const;
  const resolv = async () => ({ servers: [dns.server], search: [], ndots: 1, ...conf });
  watched.start(dnsDiscovery(config, watched.refreshParts('dns'), watched.telemetry, resolv));
}

async function refreshed(): Promise<void> {
  const done = () =>
    watched.metric('prometheus_sd_refresh_duration_histogram_seconds_count{mechanism="dns"}')!;
  const before = done();
  await watched.clock.advance(REFRESH_MS);
  await watched.until(() => done() > before, 'a refresh');
}

describe('DNS discovery', () => {
  it('has a target for each SRV record', async () => {
    dns.zone.set('SRV srv.test.', [
      { type: 'SRV', data: '0 5 9090 a.test.' },
      { type: 'SRV', data: '0 5 9091 b.test.' },
    ]);
    follow({});
    await watched.targetsAre(['a.test:9090', 'b.test:9091']);
    assert.deepEqual(
      watched.groups.find((g) => g.targets[0] === 'a.test:9090'),
      {
        targets: ['a.test:9090'],
        labels: {
          __meta_dns_name: 'srv.test',
          __meta_dns_srv_record_target: 'a.test.',
          __meta_dns_srv_record_port: '9090',
        },
      },
    );
    assert.equal(watched.metric('prometheus_sd_dns_lookups_total'), 1);
  });

  it('has one for each address, MX and NS record, with the port that is given', async () => {
    dns.zone.set('A h.test.', [
      { type: 'CNAME', data: 'real.test.' },
      { type: 'A', data: '10.0.0.1', owner: 'real.test.' },
      { type: 'A', data: '10.0.0.2', owner: 'real.test.' },
    ]);
    follow({ names: ['h.test'], type: 'A' });
    await watched.targetsAre(['10.0.0.1:9100', '10.0.0.2:9100']);
    assert.deepEqual(watched.groups[0]!.labels, { __meta_dns_name: 'h.test' });
    watched.stop();

    dns.zone.set('AAAA h.test.', [{ type: 'AAAA', data: '2001:0db8:0000:0000:0000:0000:0000:0001' }]);
    follow({ names: ['h.test'], type: 'AAAA' });
    await watched.targetsAre(['[2001:db8::1]:9100']);
    watched.stop();

    dns.zone.set('MX m.test.', [{ type: 'MX', data: '10 mail.test.' }]);
    follow({ names: ['m.test'], type: 'MX' });
    await watched.targetsAre(['mail.test:9100']);
    assert.deepEqual(watched.groups[0]!.labels, {
      __meta_dns_name: 'm.test',
      __meta_dns_mx_record_target: 'mail.test.',
    });
    watched.stop();

    dns.zone.set('NS n.test.', [{ type: 'NS', data: 'ns1.test.' }]);
    follow({ names: ['n.test.'], type: 'NS' });
    await watched.targetsAre(['ns1.test:9100']);
    assert.deepEqual(watched.groups[0]!.labels, {
      __meta_dns_name: 'n.test.',
      __meta_dns_ns_record_target: 'ns1.test.',
    });
  });

  it('asks again by TCP where the answer does not fit', async () => {
    const many = Array.from({ length: 100 }, (_, i) => `host-${String(i).padStart(3, '0')}.cluster.test`);
    dns.zone.set(
      'SRV srv.test.',
      many.map((name) => ({ type: 'SRV', data: `0 0 80 ${name}.` })),
    );
    follow({});
    await watched.targetsAre(many.map((name) => `${name}:80`));
    assert.ok(dns.questions.includes('tcp SRV srv.test.'), dns.questions.join());
  });

  it('has no targets of a name that is gone or has no such record', async () => {
    dns.zone.set('SRV srv.test.', [{ type: 'SRV', data: '0 0 1 a.' }]);
    dns.zone.set('SRV other.test.', [{ type: 'SRV', data: '0 0 2 b.' }]);
    follow({ names: ['srv.test', 'other.test'] });
    await watched.targetsAre(['a:1', 'b:2']);
    dns.zone.delete('SRV srv.test.');
    await refreshed();
    assert.deepEqual(watched.targets, ['b:2']);
    dns.zone.set('SRV other.test.', []);
    await refreshed();
    assert.deepEqual(watched.targets, []);
    assert.deepEqual(watched.errors, []);
  });

  for (const outcome of ['servfail', 'refused'] as const) {
    it(`keeps what it knows of a name while its server answers ${outcome}`, async () => {
      dns.zone.set('SRV srv.test.', [{ type: 'SRV', data: '0 0 1 a.' }]);
      dns.zone.set('SRV other.test.', [{ type: 'SRV', data: '0 0 2 b.' }]);
      follow({ names: ['srv.test', 'other.test'] });
      await watched.targetsAre(['a:1', 'b:2']);
      dns.zone.set('SRV srv.test.', outcome);
      dns.zone.set('SRV other.test.', [{ type: 'SRV', data: '0 0 3 b.' }]);
      await refreshed();
      assert.deepEqual(watched.targets, ['a:1', 'b:3']);
      assert.match(watched.errors[0]!, /^could not resolve "srv\.test": srv\.test\.: 127\.0\.0\.1:\d+: E/);
      assert.equal(watched.metric('prometheus_sd_dns_lookup_failures_total'), 1);
      assert.equal(watched.metric('prometheus_sd_refresh_failures_total{mechanism="dns",config="j"}'), 0);
    });
  }

  it('looks for a short name in the search domains, and is not sure of it where one of them fails', async () => {
    const conf = { search: ['one.test', 'two.test'], ndots: 2 };
    dns.zone.set('A db.two.test.', [{ type: 'A', data: '10.0.0.9' }]);
    follow({ names: ['db'], type: 'A' }, conf);
    await watched.targetsAre(['10.0.0.9:9100']);
    assert.deepEqual(dns.questions, ['udp A db.one.test.', 'udp A db.two.test.']);
    assert.equal(watched.groups[0]!.labels.__meta_dns_name, 'db');
    // It may still exist in the domain that cannot be asked.
    dns.zone.set('A db.one.test.', 'servfail');
    dns.zone.delete('A db.two.test.');
    await refreshed();
    assert.deepEqual(watched.targets, ['10.0.0.9:9100']);
    dns.zone.delete('A db.one.test.');
    await refreshed();
    assert.deepEqual(watched.targets, []);
  });

  it('passes over a server that fails, and says so where there is none', async () => {
    const broken = new FakeDns();
    await broken.listen();
    try {
      broken.zone.set('SRV srv.test.', 'servfail');
      dns.zone.set('SRV srv.test.', [{ type: 'SRV', data: '0 0 1 a.' }]);
      follow({}, { servers: [broken.server, dns.server] });
      await watched.targetsAre(['a:1']);
      watched.stop();
    } finally {
      await broken.close();
    }
    follow({}, { servers: [] });
    await watched.until(() => watched.errors.length > 0, 'an error');
    assert.match(watched.errors[0]!, /resolv\.conf names no server/);
  });
});

describe('resolv.conf', () => {
  it('is read as resolvers read it', () => {
    const text =
      '# comment\nnameserver 10.0.0.1\nnameserver\t::1\ndomain a.test\nsearch b.test  c.test.\noptions timeout:1 ndots:5 rotate\n; x\n';
    assert.deepEqual(parseResolvConf(text), {
      servers: ['10.0.0.1', '::1'],
      search: ['b.test', 'c.test.'],
      ndots: 5,
    });
    assert.equal(parseResolvConf('options ndots:99').ndots, 15);
    assert.equal(parseResolvConf('options ndots:-1').ndots, 0);
    assert.deepEqual(parseResolvConf('search a b\ndomain c d').search, ['c']);
  });

  it('says which names are tried in which order', () => {
    const conf = { servers: [], search: ['a', 'b.'], ndots: 1 };
    assert.deepEqual(namesFor('x', conf), ['x.a.', 'x.b.', 'x.']);
    assert.deepEqual(namesFor('x.y', conf), ['x.y.', 'x.y.a.', 'x.y.b.']);
    assert.deepEqual(namesFor('x.', conf), ['x.']);
    assert.deepEqual(namesFor('x.y', { ...conf, ndots: 2 }), ['x.y.a.', 'x.y.b.', 'x.y.']);
  });
});
