/** Reading times in Go's layouts. What Go itself makes of the rows was recorded. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compileTimeParser, toInstant } from '../../src/model/go-time.ts';
import { formatTime } from '../../src/model/template/time-format.ts';
import { hasAbbreviation, wallToUtcMs, zoneOffsetMs } from '../../src/model/time-zone.ts';

function read(layout: string, text: string, zone = 'UTC'): string | undefined {
  const written = compileTimeParser(layout)(text);
  const instant = written && toInstant(written, zone);
  return (
    instant && `${new Date(instant.ms).toISOString().slice(0, -1)}${String(instant.ns).padStart(6, '0')}`
  );
}

describe('times in Go layouts', () => {
  const rows: [layout: string, text: string, want: string | undefined, zone?: string][] = [
    ['2006-01-02T15:04:05Z07:00', '2024-05-06T07:08:09Z', '2024-05-06T07:08:09.000000000'],
    ['2006-01-02T15:04:05Z07:00', '2024-05-06T07:08:09.123456789+02:00', '2024-05-06T05:08:09.123456789'],
    ['2006-01-02T15:04:05Z07:00', '2024-05-06T7:08:09Z', '2024-05-06T07:08:09.000000000'],
    ['2006-01-02T15:04:05Z07:00', '2024-05-06t07:08:09Z', undefined],
    ['2006-01-02 15:04:05.000', '2024-05-06 07:08:09,12', undefined],
    ['2006-01-02 15:04:05.999', '2024-05-06 07:08:09', '2024-05-06T07:08:09.000000000'],
    ['2006-01-02 15:04:05', '2024-05-06 07:08:09.5', '2024-05-06T07:08:09.500000000'],
    ['2006-01-02', '2024-02-30', undefined],
    ['2006-002', '2024-366', '2024-12-31T00:00:00.000000000'],
    ['2006-002', '2023-366', undefined],
    ['Mon Jan _2 15:04:05 2006', 'mon JAN  8  07:08:09   2024', '2024-01-08T07:08:09.000000000'],
    ['1/2/2006 3:04:05 PM', '5/6/2024 12:00:01 AM', '2024-05-06T00:00:01.000000000'],
    ['1/2/2006 3:04:05 PM', '5/6/2024 1:00:01 pm', undefined],
    ['02 Jan 06 15:04 MST', '06 May 69 07:08 EST', '1969-05-06T07:08:00.000000000'],
    ['02 Jan 06 15:04 MST', '06 Jan 24 07:08 EST', '2024-01-06T12:08:00.000000000', 'America/New_York'],
    ['2006-01-02 15:04', '2024-03-31 02:30', '2024-03-31T01:30:00.000000000', 'Europe/Berlin'],
    ['2006-01-02 15:04', '2024-07-01 02:30', '2024-07-01T00:30:00.000000000', 'Europe/Berlin'],
    ['Janet 2', 'Janet 7', '0000-01-07T00:00:00.000000000'],
  ];
  for (const [layout, text, want, zone] of rows) {
    it(`${layout}: ${text} ${zone ?? ''}`, () => assert.equal(read(layout, text, zone), want));
  }

  it('reads back what is printed', () => {
    const layout = fc.constantFrom(
      '2006-01-02T15:04:05.999999999Z07:00',
      'Monday, _2 January 2006 15:04:05.000000000 -0700',
      '1/2/2006 3:04:05PM .000000000 -07:00',
    );
    const times = fc.record({
      ms: fc.integer({ min: 0, max: 4e12 }),
      ns: fc.integer({ min: 0, max: 999_999 }),
    });
    const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns', 'Asia/Kolkata');
    fc.assert(
      fc.property(layout, times, zones, (l, { ms, ns }, zone) => {
        const written = compileTimeParser(l)(formatTime(l, { kind: 'time', ms, ns, zone }));
        assert.deepEqual(written && toInstant(written, 'UTC'), { ms, ns });
      }),
    );
  });

  it('takes any layout and any text', () => {
    const pieces = fc.constantFrom(
      '2006',
      '01',
      'Jan',
      ' ',
      '15',
      '.000',
      'MST',
      '-07',
      'PM',
      '_2',
      'x',
      '1',
      '+',
      '',
    );
    const text = fc.array(pieces).map((p) => p.join(''));
    fc.assert(fc.property(text, text, (layout, value) => void read(layout, value)));
  });
});

describe('time zones', () => {
  it('have offsets that change with the season', () => {
    assert.equal(zoneOffsetMs('Europe/Berlin', Date.UTC(2024, 0, 1)), 3_600_000);
    assert.equal(zoneOffsetMs('Europe/Berlin', Date.UTC(2024, 6, 1)), 7_200_000);
    assert.equal(zoneOffsetMs('Nowhere/Land', 0), undefined);
    assert.equal(wallToUtcMs('Nowhere/Land', 0), undefined);
  });

  it('know their abbreviations', () => {
    assert.ok(hasAbbreviation('Europe/Berlin', 'CEST', Date.UTC(2024, 6, 1)));
    assert.ok(!hasAbbreviation('Europe/Berlin', 'PST', Date.UTC(2024, 6, 1)));
  });
});
