/**
 * The templates that receivers use where their configuration says nothing else. Names and output are the original's: users' own
 * templates build on them, and other tools read what they write. The mail's page alone is Trilite's own.
 */

import { EMAIL_PAGE, EMAIL_TEXT } from './email-template.ts';

/** Alerts with their labels and annotations a line each. */
const LIST = lines('Labels:', ' - ', '');
const MARKDOWN_LIST = `${lines('\nLabels:', '  - ', '\n')}\n`;

function lines(heading: string, bullet: string, gap: string): string {
  const pairs = (of: string): string =>
    `{{ range .${of}.SortedPairs }}${bullet}{{ .Name }} = {{ .Value }}\n{{ end }}`;
  const body = `${heading}\n${pairs('Labels')}${gap}Annotations:\n${pairs('Annotations')}${gap}`;
  return `{{ range . }}${body}Source: {{ .GeneratorURL }}\n{{ end }}`;
}

const ANNOTATIONS = '{{ .CommonAnnotations.SortedPairs.Values | join " " }}\n';

/** What fires and what is resolved; `between` stands around each list. */
function lists(list: string, heading: string, [before, after]: readonly [string, string]): string {
  const part = (which: string): string => {
    const title = `${before}${heading}Alerts ${which}:\n`;
    return `{{ if .Alerts.${which} }}${title}{{ template "${list}" .Alerts.${which} }}${after}{{ end }}`;
  };
  return `${part('Firing')}\n${part('Resolved')}`;
}

const TIGHT = lists('__text_alert_list', '', ['', '']);
const LOOSE = `${lists('__text_alert_list', '', ['\n', '\n'])}\n`;
const MARKDOWN = `\n${lists('__text_alert_list_markdown', '# ', ['\n', '\n'])}\n`;

const SUBJECT =
  '[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}]' +
  ' {{ .GroupLabels.SortedPairs.Values | join " " }}' +
  ' {{ if gt (len .CommonLabels) (len .GroupLabels) }}' +
  '({{ with .CommonLabels.Remove .GroupLabels.Names }}{{ .Values | join " " }}{{ end }}){{ end }}';

const COLOR = '{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}';

/** Of the alerts that fire, or else of those that did: the most urgent one decides. */
const PRIORITY = ['Firing', 'Resolved']
  .map((which) => {
    const found = (severity: string): string => `{{ if eq (index .Labels "severity") "${severity}" }}`;
    const rank = (severity: string, n: number, name: string): string =>
      `${found(severity)}{{ if lt $rank ${n} }}{{ $rank = ${n} }}{{ $name = "${name}" }}{{ end }}{{ end }}`;
    const ranks = rank('critical', 3, 'High') + rank('warning', 2, 'Medium') + rank('info', 1, 'Low');
    return `{{ if eq $rank 0 }}{{ range .Alerts.${which} }}${ranks}{{ end }}{{ end }}`;
  })
  .join('');

const use = (name: string): string => `{{ template "${name}" . }}`;
const TITLE = use('__subject');
const LINK = use('__alertmanagerURL');
const SENDER = use('__alertmanager');

const DEFINITIONS: Readonly<Record<string, string>> = {
  __alertmanager: 'Alertmanager',
  __alertmanagerURL: '{{ .ExternalURL }}/#/alerts?receiver={{ .Receiver | urlquery }}',
  __subject: SUBJECT,
  __description: '',
  __text_alert_list: LIST,
  __text_alert_list_markdown: MARKDOWN_LIST,
  'email.default.subject': TITLE,
  'email.default.html': EMAIL_PAGE,
  'email.default.text': EMAIL_TEXT,
  'slack.default.title': TITLE,
  'slack.default.username': SENDER,
  'slack.default.fallback': `${use('slack.default.title')} | ${use('slack.default.titlelink')}`,
  'slack.default.callbackid': '',
  'slack.default.pretext': '',
  'slack.default.titlelink': LINK,
  'slack.default.iconemoji': '',
  'slack.default.iconurl': '',
  'slack.default.text': '',
  'slack.default.footer': '',
  'slack.default.color': COLOR,
  'pagerduty.default.description': TITLE,
  'pagerduty.default.client': SENDER,
  'pagerduty.default.clientURL': LINK,
  'pagerduty.default.instances': '{{ template "__text_alert_list" . }}',
  'opsgenie.default.message': TITLE,
  'opsgenie.default.description': ANNOTATIONS + TIGHT,
  'opsgenie.default.source': LINK,
  'wechat.default.message': `${TITLE}\n${ANNOTATIONS}${TIGHT}\nAlertmanagerUrl:\n${LINK}`,
  'wechat.default.to_user': '',
  'wechat.default.to_party': '',
  'wechat.default.to_tag': '',
  'wechat.default.agent_id': '',
  'victorops.default.state_message': ANNOTATIONS + TIGHT,
  'victorops.default.entity_display_name': TITLE,
  'victorops.default.monitoring_tool': SENDER,
  'pushover.default.title': TITLE,
  'pushover.default.message': ANNOTATIONS + LOOSE,
  'pushover.default.url': LINK,
  'sns.default.subject': TITLE,
  'sns.default.message': ANNOTATIONS + LOOSE,
  'telegram.default.message': `\n${LOOSE}`,
  'discord.default.content': '',
  'discord.default.title': TITLE,
  'discord.default.message': `\n${LOOSE}`,
  'webex.default.message': ANNOTATIONS + LOOSE,
  'msteams.default.summary': TITLE,
  'msteams.default.title': TITLE,
  'msteams.default.text': MARKDOWN,
  'msteamsv2.default.title': TITLE,
  'msteamsv2.default.text': MARKDOWN,
  'jira.default.summary': TITLE,
  'jira.default.description': MARKDOWN,
  'jira.default.priority': `{{ $rank := 0 }}{{ $name := "" }}${PRIORITY}{{ $name }}`,
  'rocketchat.default.title': TITLE,
  'rocketchat.default.alias': SENDER,
  'rocketchat.default.titlelink': LINK,
  'rocketchat.default.emoji': '',
  'rocketchat.default.iconurl': '',
  'rocketchat.default.text': '',
  'mattermost.default.color': COLOR,
  'mattermost.default.username': SENDER,
  'mattermost.default.title': TITLE,
  'mattermost.default.titlelink': LINK,
  'mattermost.default.fallback': `${use('mattermost.default.title')} | ${use('mattermost.default.titlelink')}`,
  'mattermost.default.text': MARKDOWN,
};

/** As one template's text. */
export const DEFAULT_TEMPLATES = Object.entries(DEFINITIONS)
  .map(([name, body]) => `{{ define "${name}" }}${body}{{ end }}`)
  .join('\n');
