/**
 * The mail of the default configuration: a page and plain text. Mail programs know little of styles: what matters stands at the
 * elements, and the block in the head only turns colours over where the reader prefers dark ones.
 */

const STYLE = `:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
  .page { background: #16181d !important; color: #e6e8eb !important; }
  .card { background: #1f2229 !important; border-color: #383d47 !important; }
  .dim { color: #a3abb8 !important; }
  a { color: #7cb3ff !important; }
}`;

const FONT = 'font:14px/1.5 -apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif';
const ROW = 'padding:2px 12px 2px 0;vertical-align:top;word-break:break-word';

/** Rows of names and values. */
function rows(pairs: string): string {
  return `{{ range ${pairs} }}<tr><td class="dim" style="${ROW};color:#5b6472">{{ .Name }}</td><td style="${ROW}">{{ .Value }}</td></tr>
{{ end }}`;
}

/** The alerts of one kind; `color` is their mark's. */
function section(which: 'Firing' | 'Resolved', color: string): string {
  return `{{ if .Alerts.${which} }}<h2 style="font-size:16px;margin:24px 0 8px">{{ len .Alerts.${which} }} ${which.toLowerCase()}</h2>
{{ range .Alerts.${which} }}<div class="card" style="background:#ffffff;border:1px solid #d9dde3;border-left:4px solid ${color};border-radius:4px;padding:12px 16px;margin:0 0 12px">
<strong>{{ .Labels.alertname }}</strong> <span class="dim" style="color:#5b6472">since {{ .StartsAt.Format "2006-01-02 15:04:05 MST" }}${
    which === 'Resolved' ? ', until {{ .EndsAt.Format "2006-01-02 15:04:05 MST" }}' : ''
  }</span>
<table role="presentation" style="border-collapse:collapse;margin:8px 0;${FONT}">
${rows('.Annotations.SortedPairs')}${rows('(.Labels.Remove (stringSlice "alertname")).SortedPairs')}</table>
{{ if .GeneratorURL }}<a href="{{ .GeneratorURL }}" style="color:#1f5fbf">Where it comes from</a>{{ end }}
</div>
{{ end }}{{ end }}`;
}

export const EMAIL_PAGE = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{{ template "__subject" . }}</title>
<style>${STYLE}</style></head>
<body class="page" style="margin:0;padding:24px 12px;background:#f3f4f6;color:#1c2129;${FONT}">
<div style="max-width:640px;margin:0 auto">
<h1 style="font-size:20px;margin:0 0 4px;color:{{ if eq .Status "firing" }}#c8321f{{ else }}#2b8a4b{{ end }}">{{ if eq .Status "firing" }}Firing{{ else }}Resolved{{ end }}</h1>
<p style="margin:0 0 12px">{{ range .GroupLabels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}</p>
<p style="margin:0"><a href="{{ template "__alertmanagerURL" . }}" style="color:#1f5fbf">View in {{ template "__alertmanager" . }}</a></p>
${section('Firing', '#c8321f')}${section('Resolved', '#2b8a4b')}</div>
</body></html>
`;

export const EMAIL_TEXT = `{{ template "__subject" . }}
{{ template "__alertmanagerURL" . }}
{{ if .Alerts.Firing }}
Firing:
{{ template "__text_alert_list" .Alerts.Firing }}{{ end }}{{ if .Alerts.Resolved }}
Resolved:
{{ template "__text_alert_list" .Alerts.Resolved }}{{ end }}`;
