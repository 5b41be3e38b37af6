/** Templates and alerts that the original's answers are recorded for in `recorded.json`; `record.go.txt` tells how. */

export interface CaseAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAtMs: number;
  readonly endsAtMs?: number;
  readonly generatorUrl: string;
}

export const GROUPS: readonly {
  readonly receiver: string;
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly alerts: readonly CaseAlert[];
}[] = [
  {
    receiver: 'team-X/pager (eu)',
    groupLabels: { alertname: 'DiskFull', cluster: 'eu-1' },
    alerts: [
      {
        labels: {
          alertname: 'DiskFull',
          cluster: 'eu-1',
          instance: 'db-1:9100',
          severity: 'critical',
          zone: 'a',
        },
        annotations: {
          summary: 'Disk of db-1 is 95% <full> & "hot"',
          description: "It's /var/lib + more\nsecond line",
          runbook_url: 'https://runbooks.example/disk?full=1&x=a b#top',
        },
        startsAtMs: 1754042461123,
        generatorUrl: 'http://prom.example/graph?g0.expr=disk+%3E+95&g0.tab=1',
      },
      {
        labels: { alertname: 'DiskFull', cluster: 'eu-1', instance: 'db-2:9100', severity: 'warning' },
        annotations: { summary: 'ünïcödé ☃ \u2028 𝒳', evil: '</script><b onclick=x>javascript:alert(1)' },
        startsAtMs: 1754000000000,
        endsAtMs: 1754042461999,
        generatorUrl: '',
      },
    ],
  },
  {
    receiver: 'all',
    groupLabels: {},
    alerts: [
      {
        labels: { alertname: 'Watchdog', severity: 'info' },
        annotations: { summary: 'same' },
        startsAtMs: 1700000000000,
        endsAtMs: 1700000360500,
        generatorUrl: 'javascript:alert(1)',
      },
      {
        labels: { alertname: 'Watchdog', severity: 'info', job: 'x' },
        annotations: { summary: 'same', empty: '' },
        startsAtMs: 1700000000001,
        endsAtMs: 1700086400000,
        generatorUrl: 'http://p/?a=b',
      },
    ],
  },
];

const DEFAULTS = [
  ...['slack.default.title', 'slack.default.username', 'slack.default.fallback', 'slack.default.titlelink'],
  ...[
    'slack.default.color',
    'slack.default.text',
    'pagerduty.default.description',
    'pagerduty.default.client',
  ],
  ...['pagerduty.default.clientURL', 'email.default.subject', 'opsgenie.default.message'],
  ...['opsgenie.default.description', 'opsgenie.default.source', 'wechat.default.message'],
  ...['victorops.default.state_message', 'victorops.default.entity_display_name', 'pushover.default.title'],
  ...['pushover.default.message', 'pushover.default.url', 'sns.default.subject', 'sns.default.message'],
  ...[
    'telegram.default.message',
    'discord.default.title',
    'discord.default.message',
    'webex.default.message',
  ],
  ...['msteams.default.summary', 'msteams.default.text', 'msteamsv2.default.title', 'msteamsv2.default.text'],
  ...[
    'jira.default.summary',
    'jira.default.description',
    'jira.default.priority',
    'rocketchat.default.title',
  ],
  ...['rocketchat.default.alias', 'rocketchat.default.text', 'mattermost.default.text'],
  ...['mattermost.default.fallback', 'mattermost.default.color', '__subject', '__alertmanagerURL'],
];

/** A user's file. */
export const USER_FILE = `{{ define "slack.my.text" }}{{ range .Alerts }}
*{{ .Labels.alertname }}* on {{ .Labels.instance | reReplaceAll ":.*" "" }}{{ if .Annotations.summary }} - {{ .Annotations.summary }}{{ end }}
{{- end }}{{ end }}
{{ define "slack.default.footer" }}mine {{ .Status | title }}{{ end }}
{{ define "rec" }}{{ with . }}{{ .Name }};{{ end }}{{ end }}
{{ define "broken" }}
  {{ .Alerts.Nope }}
{{ end }}
`;

export const TEXTS: readonly string[] = [
  ...DEFAULTS.map((name) => `{{ template "${name}" . }}`),
  '{{ template "slack.my.text" . }}',
  '{{ template "slack.default.footer" . }}',
  '{{ range .CommonLabels.SortedPairs }}{{ template "rec" . }}{{ end }}',
  '{{ template "broken" . }}',
  '{{ template "user.tmpl" . }}|',
  '{{ .Receiver }} {{ .Status }} {{ .ExternalURL }} {{ .NotificationReason }}',
  '{{ .GroupLabels }} / {{ .CommonLabels }} / {{ .CommonAnnotations }}',
  '{{ .GroupLabels.SortedPairs }} {{ .GroupLabels.Names }} {{ .GroupLabels.Values }}',
  '{{ .Alerts | len }} {{ .Alerts.Firing | len }} {{ len .Alerts.Resolved }}',
  '{{ (index .Alerts 0).Labels.alertname }} {{ (index .Alerts 1).Labels.nothere }}|',
  '{{ index .CommonLabels "alertname" }} {{ index .CommonLabels "none" }}|',
  '{{ .CommonLabels.Values.Join ":" }} {{ .CommonLabels.Names | join "," }}',
  '{{ .CommonLabels.Remove (stringSlice "alertname" "severity") }}',
  '{{ (.CommonLabels.Remove .GroupLabels.Names).SortedPairs.Values | join " " }}',
  '{{ range $i, $a := .Alerts }}{{ $i }}={{ $a.Status }}:{{ $a.Fingerprint }} {{ end }}',
  '{{ range .Alerts.Firing }}{{ .StartsAt }}{{ else }}none{{ end }}',
  '{{ range .Alerts }}{{ .StartsAt.Format "2006-01-02T15:04:05.000Z07:00" }} {{ .EndsAt }} {{ .EndsAt.IsZero }};{{ end }}',
  '{{ range .Alerts }}{{ .StartsAt | date "Mon Jan _2 15:04:05 2006" }};{{ .StartsAt | tz "Europe/Paris" | date "15:04 -0700" }};{{ end }}',
  '{{ range .Alerts.Resolved }}{{ .EndsAt.Sub .StartsAt }} {{ (.EndsAt.Sub .StartsAt).Seconds }} {{ .EndsAt.Sub .StartsAt | humanizeDuration }};{{ end }}',
  '{{ range .Alerts }}{{ .StartsAt.Unix }} {{ .StartsAt.Weekday }} {{ (.StartsAt.AddDate 0 1 -1).Format "2006-01-02" }} {{ (.StartsAt.Add 90000000000).Format "15:04:05" }};{{ end }}',
  '{{ range .Alerts }}{{ (.StartsAt.Truncate 60000000000).Format "15:04:05.000" }}{{ .StartsAt.Before .EndsAt }}{{ .StartsAt.After .EndsAt }};{{ end }}',
  '{{ tz "Nowhere/Land" (index .Alerts 0).StartsAt }}',
  '{{ humanizeDuration 3723.5 }} {{ humanizeDuration 0.0021 }} {{ humanizeDuration "100000" }} {{ humanizeDuration 59.123456 }}',
  '{{ humanizeDuration "abc" }}',
  '{{ "hello wORLD foo-bar foo_bar don\'t x.y 1abc ÜBER ßtraße" | title }} {{ "ßaß" | toUpper }} {{ "ÀÉ" | toLower }}',
  '{{ "  x y \\t" | trimSpace }}|{{ match "^a.*z$" "abcz" }}{{ match "b" "xbx" }}{{ match "(" "x" }}',
  '{{ reReplaceAll "(\\\\w+)@(\\\\w+)" "$2 at $1" "me@home you@work" }} {{ reReplaceAll "x*" "-" "abc" }}',
  '{{ urlUnescape "a%20b+c%2F" }} {{ urlUnescape "%zz" }}',
  '{{ "a&b c/d" | urlquery }} {{ "<a>" | html }} {{ "it\'s" | js }} {{ "<b>" | safeHtml }} {{ "x" | safeUrl }}',
  '{{ toJson .GroupLabels }} {{ toJson .CommonAnnotations }} {{ toJson (stringSlice "a" "<b>") }}',
  '{{ toJson .Alerts }}',
  '{{ toJson . }}',
  '{{ toJson (dict "b" 1 "a" (list 1.5 "x" true)) }} {{ dict "a" }}',
  '{{ $l := list 1 2 }}{{ $l = append $l "x" }}{{ $l }} {{ len $l }} {{ toJson $l }}',
  '{{ dict "a" 1 }} {{ (dict "a" (dict "b" "c")).a.b }} {{ (dict "a" 1).zz }}|',
  '{{ base64encode "a?b>c~" }} {{ base64decode (base64encode "hé") }} {{ base64decode "!!" }}',
  '{{ toDate "2006-01-02" "2024-02-29" }} {{ toDate "2006-01-02" "nope" }} {{ mustToDate "2006-01-02" "2024-02-30" }}',
  '{{ (mustToDate "2006-01-02 15:04" "2024-02-29 10:11").Unix }}',
  '{{ routeLabels "team" }}|{{ .RouteLabels }}|{{ .RouteLabels.team }}|',
  '{{ if and .CommonLabels.severity (eq .CommonLabels.severity "info" "none") }}low{{ else if eq .Status "firing" }}hi{{ else }}mid{{ end }}',
  '{{ if or (eq .Status "x") (not (gt (len .Alerts) 5)) }}yes{{ end }}{{ ne 1 2 }}{{ le 1 1 }}{{ lt "a" "b" }}',
  '{{ with .CommonAnnotations.summary }}S={{ . }}{{ else }}no summary{{ end }}',
  '{{- /* comment */ -}} x {{- " y " -}} z {{ "{{" }}',
  '{{ printf "%s-%d-%q-%v-%5.2f|%-5s|%05d" "a" 3 "q\\n" true 3.14159 "ab" 42 }} {{ print 1 2 "a" "b" 3 }} {{ println "x" }}',
  '{{ printf "%v %v" .GroupLabels .Status }} {{ printf "%T" .Status }}',
  '{{ define "loc" }}[{{ . }}]{{ end }}{{ template "loc" .Status }}{{ block "blk" . }}{{ .Receiver }}{{ end }}',
  '{{ range .GroupLabels.SortedPairs }}{{ if eq .Name "cluster" }}{{ break }}{{ end }}{{ .Name }}{{ end }}',
  '{{ range $k, $v := .CommonLabels }}{{ $k }}={{ $v }},{{ end }}',
  '{{ slice "abcdef" 1 3 }} {{ index (stringSlice "a" "b") 1 }} {{ len "héllo" }}',
  '{{ $x := 1 }}{{ range .Alerts }}{{ $x = 2 }}{{ end }}{{ $x }}',
  '{{ .Nope }}',
  '{{ .CommonLabels.nope.deeper }}',
  '{{ nope }}',
  '{{ if }}',
  'line one\n{{ .Status }}\n  {{ .Alerts.Foo }}',
  '{{ template "missing" . }}',
  '{{ .Status | join "," }}',
  '{{ range .Alerts }}{{ .Labels.Values.Join }}{{ end }}',
  '{{ .GroupLabels.Remove "x" }}',
  '{{ index .Alerts 7 }}',
  '{{ .Status.Foo }}',
  'plain text without actions',
];

/** As parts of a page. */
export const PAGES: readonly string[] = [
  '<b>{{ (index .Alerts 0).Annotations.summary }}</b> & < 3 <!-- gone {{ .Status }} --> <!DOCTYPE html>',
  '{{ range .Alerts }}<a href="{{ .GeneratorURL }}" title=\'{{ .Annotations.summary }}\'>x</a>{{ end }}',
  '{{ range .Alerts }}<a href={{ .GeneratorURL }} class={{ .Annotations.summary }}>x</a>{{ end }}',
  '{{ range .Alerts }}<a href="http://h/{{ .Annotations.summary }}?q={{ .Annotations.summary }}&r={{ .Annotations.description | urlquery }}#{{ .Labels.instance }}">x</a>{{ end }}',
  '<a href="{{ .ExternalURL }}/#/alerts?receiver={{ .Receiver }}">{{ .Receiver }}</a>',
  '<a href="{{ template "__alertmanagerURL" . }}">{{ template "__alertmanager" . }}</a>',
  '<a href="{{ (index .Alerts 0).Annotations.runbook_url }}">r</a><img src="{{ safeUrl "javascript:x" }}">',
  '<title>{{ template "__subject" . }} {{ (index .Alerts 0).Annotations.summary }}</title><textarea>{{ (index .Alerts 1).Annotations.evil }}</textarea>',
  '{{ safeHtml "<i>kept</i>" }} {{ "<i>lost</i>" }} <p title="{{ safeHtml "<i>a</i>&amp;b" }}">',
  '{{ (index .Alerts 1).Annotations.evil | html }} {{ html "<x>" "y" }} {{ "a b&c" | urlquery }}',
  '<div style="color: {{ if eq .Status "firing" }}red{{ else }}green{{ end }}; width: {{ "10px" }}; background: {{ "#fff" }}; x: {{ "expression(1)" }}">',
  '<div style="{{ "color: red" }}"><style>p { color: {{ "blue" }}; }</style>',
  '<td bgcolor="{{ "#E6522C" }}" {{ if eq .Status "firing" }}class="hot"{{ end }} data-url="{{ (index .Alerts 1).GeneratorURL }}">',
  '<p {{ "hidden" }} {{ "onclick" }}>{{ .Status }}</p>',
  '<br/><img alt="a+b {{ "c+d" }}"/>x + y {{ "x + y" }}',
  '{{ .CommonLabels }} {{ .Alerts | len }} {{ (dict "a" 1).zz }}|{{ range .CommonLabels.SortedPairs }}{{ .Name }}: <code>{{ .Value }}</code>{{ end }}',
  '<p>\n{{ range .Alerts }}{{ if eq .Status "firing" }}<b>{{ .Labels.alertname }}</b>{{ else }}{{ .Labels.alertname }}{{ end }}\n{{ end }}</p>',
  '<input value={{ .Status }} name="{{ .Receiver }}"> <svg xlink:href="{{ (index .Alerts 1).GeneratorURL }}">',
  '{{ template "telegram.default.message" . }}',
  '<b>{{ "\\u0000<" }}</b> {{ "`" }} <p class={{ "a b=c`" }}>',
];
