/** A configuration with all kinds of receivers that a test can stand in for. */

export const USER_TEMPLATES = `{{ define "my.text" }}{{ range .Alerts }}{{ .Labels.instance }}: {{ .Annotations.summary }}
{{ end }}{{ end }}
`;

/** `isOld`: of an Alertmanager before some of the settings. */
export function configOf(base: string, mailPort: number, isOld: boolean): string {
  return `
global:
  slack_api_url: ${base}/slack/global
  pagerduty_url: ${base}/pagerduty/global
  smtp_smarthost: 127.0.0.1:${mailPort}
  smtp_from: Alerts <alerts@example.com>
  smtp_require_tls: false
templates: ['*.tmpl']
route:
  receiver: team
  group_by: [alertname]
  group_wait: 2s
  group_interval: 1s
receivers:
  - name: team
    webhook_configs:
      - url: ${base}/webhook/plain
      - url: ${base}/webhook/few
        max_alerts: 1
        http_config: { basic_auth: { username: me, password: pw } }
${isOld ? '' : newWebhooks(base)}
    slack_configs:
      - send_resolved: true
      - api_url: ${base}/slack/full
        send_resolved: true
        channel: '#{{ .CommonLabels.severity }}'
        username: bot
        color: '{{ if eq .Status "firing" }}#f00{{ else }}#0f0{{ end }}'
        title: '{{ .GroupLabels.alertname }} <&>'
        title_link: http://x/{{ .Receiver }}
        pretext: pre
        text: '{{ template "my.text" . }}'
        fallback: fb
        callback_id: cb
        icon_emoji: ':fire:'
        icon_url: http://i
        image_url: http://img
        thumb_url: http://thumb
        footer: foot
        link_names: true
        short_fields: true
        mrkdwn_in: [text]
        fields:
          - { title: Severity, value: '{{ .CommonLabels.severity }}' }
          - { title: Empty, value: '{{ .CommonLabels.none }}', short: false }
        actions:
          - { type: button, text: Runbook, url: 'http://r/{{ .GroupLabels.alertname }}', style: danger }
          - type: button
            text: Ack
            name: ack
            value: '{{ .Status }}'
            confirm: { text: 'Sure?', title: T, ok_text: 'Yes', dismiss_text: 'No' }
    pagerduty_configs:
      - routing_key: rk
      - routing_key: '{{ .CommonLabels.severity }}'
        url: ${base}/pagerduty/full
        client: me
        client_url: http://c
        description: '{{ template "my.text" . }}'
        severity: '{{ .CommonLabels.severity }}'
        class: cl
        component: co
        group: g
        details: { custom: '{{ .Status }}', num_firing: many }
        images:
          - { src: http://s, alt: a, href: http://h }
          - { src: '{{ .CommonLabels.none }}' }
        links:
          - { href: http://l, text: t }
    opsgenie_configs:
      - { api_key: k1, api_url: '${base}/opsgenie/plain' }
      - api_key: '{{ .Status }}'
        api_url: ${base}/opsgenie/full/
        message: '{{ template "my.text" . }} and more that makes this message longer than what the service takes, which is not all that much'
        details: { extra: '{{ .Status }}', zone: z }
        responders:
          - { name: 'a,b', type: teams }
          - { name: '{{ .CommonLabels.none }}', type: '{{ .CommonLabels.none }}' }
          - { id: i, username: u, type: user }
        tags: ' one,,two'
        actions: ' '
        note: n
        priority: P1
        entity: e
        update_alerts: true
    victorops_configs:
      - { api_key: vk, api_url: '${base}/victorops', routing_key: 'r {{ .CommonLabels.severity }}', message_type: OTHER, custom_fields: { a: '{{ .Status }}' } }
    telegram_configs:
      - { bot_token: 'tg:1', chat_id: -42, api_url: '${base}/telegram-html' }
      - { bot_token: tg, chat_id: 7, api_url: '${base}/telegram', parse_mode: '', disable_notifications: true, message: 'M {{ .Status }} <b>' }
${isOld ? '' : newChats(base)}
    email_configs:
      - to: 'Ops <ops@example.com>, second@example.com'
        send_resolved: true
        auth_username: user
        auth_password: secret
        hello: mail.example
        headers:
          subject: 'Ärger {{ .GroupLabels.alertname }}: {{ .CommonAnnotations.summary }} {{ .Status }} and a title that is long enough for two words'
          X-Test: plain
        html: '<p>{{ range .Alerts }}<b title="{{ .Annotations.summary }}">{{ .Annotations.description }}</b>{{ end }}</p>'
        text: |
          {{ template "my.text" . }}
          .starts with a dot and is a line that is a good deal longer than the seventy-six characters ☃ of a line
          trailing blank${' '}
`;
}

function newChats(base: string): string {
  return `
    discord_configs:
      - { webhook_url: '${base}/discord/plain' }
      - { webhook_url: '${base}/discord/full', title: 'T {{ .Status }}', message: m, content: c, username: u, avatar_url: http://a }
    msteams_configs:
      - { webhook_url: '${base}/msteams' }
    msteamsv2_configs:
      - { webhook_url: '${base}/msteamsv2' }
    rocketchat_configs:
      - { token: rt, token_id: ri, api_url: '${base}/rocket/', channel: '#{{ .Status }}', send_resolved: true,
          fields: [{ title: t, value: '{{ .Status }}' }], actions: [{ type: x, text: go, url: http://u, msg: m }] }
    mattermost_configs:
      - { webhook_url: '${base}/mattermost/plain' }
      - webhook_url: ${base}/mattermost/full
        channel: c
        author_name: a
        fields: [{ title: t, value: v, short: true }]
        priority: { priority: URGENT, requested_ack: true, persistent_notifications: true }
        props: { card: '{{ .Status }}' }
        type: custom
      - webhook_url: ${base}/mattermost/many
        text: outer {{ .Status }}
        priority: { priority: odd, requested_ack: true }
        attachments: [{ text: one, color: '#fff' }, { title: two, fields: [{ title: t, value: v }] }]
    incidentio_configs:
      - { url: '${base}/incidentio', alert_source_token: it, max_alerts: 1 }
    webex_configs:
      - { room_id: 'room {{ .Status }}', api_url: '${base}/webex', http_config: { authorization: { credentials: wx } } }
`;
}

function newWebhooks(base: string): string {
  return `
      - url: ${base}/webhook/{{ .Status }}/{{ .CommonLabels.severity }}
        payload:
          text: '{{ .GroupLabels.alertname }} <b>'
          count: '{{ len .Alerts }}'
          list: ['{{ .Status }}', 1, true, '']
          json: '{{ toJson .CommonLabels }}'
          '{{ .Status }}': { 'yes': 'yes' }
`;
}
