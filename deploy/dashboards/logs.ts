/** What services write: how much, how bad, what most often, and the lines themselves. */

import { alertAnnotation, DEPLOYMENT_ANNOTATION, dashboard, streamLabel, textBox } from './dashboard.ts';
import { barGauge, logs as lines, stat, timeseries } from './panels.ts';
import { logInstant, logLines, logRange, logsLink } from './targets.ts';

const LINES = '{service_name=~"$service"} |~ "(?i)$search"';
const ERRORS = `${LINES} | detected_level=~"error|critical|fatal"`;
/** Numbers and ids make every line another; without them lines of one kind are the same. */
const MESSAGE =
  '| label_format message=`{{ regexReplaceAll "[0-9a-fA-F]{8,}|[0-9]+" __line__ "_" | trunc 160 }}`';

const ofService = logsLink('Lines', '{service_name="${__field.labels.service_name}"}');

const glance = {
  title: 'At a glance',
  panels: [
    stat(
      { title: 'Lines', description: 'Lines in the time range.' },
      [logInstant(`sum(count_over_time(${LINES} [$__range]))`, 'lines')],
      { width: 6, unit: 'short', noValue: '0' },
    ),
    stat(
      { title: 'Errors', description: 'Lines of level error or worse in the time range.' },
      [logInstant(`sum(count_over_time(${ERRORS} [$__range]))`, 'errors')],
      { width: 6, unit: 'short', noValue: '0', thresholds: [[1, 'orange']] },
    ),
    stat(
      { title: 'Share of errors', description: 'Lines of level error or worse of all lines.' },
      [
        logInstant(
          `sum(count_over_time(${ERRORS} [$__range])) / sum(count_over_time(${LINES} [$__range]))`,
          'share',
        ),
      ],
      {
        width: 6,
        unit: 'percentunit',
        decimals: 2,
        noValue: '0',
        thresholds: [
          [0.01, 'yellow'],
          [0.1, 'red'],
        ],
      },
    ),
    stat(
      { title: 'Size', description: 'Bytes of the lines in the time range.' },
      [logInstant(`sum(bytes_over_time(${LINES} [$__range]))`, 'bytes')],
      { width: 6, unit: 'bytes', noValue: '0' },
    ),
  ],
};

const volume = {
  title: 'Volume',
  panels: [
    timeseries(
      { title: 'Lines by level', description: 'Lines per second.' },
      [logRange(`sum by (detected_level) (rate(${LINES} [$__auto]))`, '{{detected_level}}')],
      { unit: 'cps', stacked: true, bars: true },
    ),
    timeseries(
      { title: 'Lines by service', description: 'Lines per second.' },
      [logRange(`sum by (service_name) (rate(${LINES} [$__auto]))`, '{{service_name}}')],
      { unit: 'cps', stacked: true, links: [ofService] },
    ),
    timeseries(
      { title: 'Errors by service', description: 'Lines of level error or worse per second.' },
      [logRange(`sum by (service_name) (rate(${ERRORS} [$__auto]))`, '{{service_name}}')],
      { unit: 'cps', links: [ofService] },
    ),
    timeseries(
      { title: 'Bytes by service', description: 'Bytes of lines per second: who fills the disk.' },
      [logRange(`sum by (service_name) (bytes_rate(${LINES} [$__auto]))`, '{{service_name}}')],
      { unit: 'Bps', stacked: true },
    ),
  ],
};

const messages = {
  title: 'Top ten messages',
  panels: [
    barGauge(
      {
        title: 'Errors',
        description:
          'The most frequent lines of level error or worse. Numbers and ids are taken out, so that lines of one kind count as one.',
      },
      [
        logInstant(
          `topk(10, sum by (service_name, message) (count_over_time(${ERRORS} ${MESSAGE} [$__range])))`,
          '{{service_name}}: {{message}}',
        ),
      ],
      { unit: 'short', height: 10, links: [ofService] },
    ),
    barGauge(
      { title: 'All levels', description: 'The most frequent lines, likewise.' },
      [
        logInstant(
          `topk(10, sum by (service_name, message) (count_over_time(${LINES} ${MESSAGE} [$__range])))`,
          '{{service_name}}: {{message}}',
        ),
      ],
      { unit: 'short', height: 10, links: [ofService] },
    ),
  ],
};

const live = {
  title: 'Lines',
  panels: [
    lines(
      { title: 'Errors', description: 'The newest. Details of a line have a link to its trace.' },
      logLines(ERRORS, 200),
      { width: 24, height: 10 },
    ),
    lines(
      {
        title: 'Live',
        description: 'The newest lines of every level, with each refresh. Explore follows them as they come.',
      },
      logLines(LINES, 500),
      { width: 24, height: 16 },
    ),
  ],
};

export const logs = dashboard({
  uid: 'logs',
  title: 'Logs',
  description: 'Volume, errors, most frequent messages and lines of log streams with a service name.',
  variables: [streamLabel('service', 'Service', 'service_name'), textBox('search', 'Search')],
  annotations: [alertAnnotation(), DEPLOYMENT_ANNOTATION],
  rows: [glance, volume, messages, live],
  refresh: '10s',
});
