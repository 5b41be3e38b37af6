/** What to do where there are no rules. */

import { href } from '../../location.ts';
import { Snippet } from '../../parts/snippet.tsx';
import { Empty } from '../../parts/states.tsx';

const RULES = `groups:
  - name: availability
    rules:
      - alert: TargetDown
        expr: up == 0
        for: 5m
        labels: { severity: page }
        annotations:
          summary: '{{ $labels.instance }} of {{ $labels.job }} is down'
`;
const CONFIG = `rule_files: [rules.yml]
`;
const LOG_RULE = `curl -X POST ORIGIN/loki/api/v1/rules/shop \\
  -H 'Content-Type: application/yaml' --data-binary '
name: errors
rules:
  - alert: ManyErrors
    expr: sum by (service_name) (count_over_time({service_name=~".+"} |= "error" [5m])) > 10
'`;

export function NoRules({ what }: { readonly what: string }) {
  return (
    <Empty title={`There are no ${what}`}>
      <p>
        Rules of metrics are in files that the <a href={href('/config')}>configuration</a> names under{' '}
        <code>rule_files</code>; those of logs are posted.
      </p>
      <Snippet title="prometheus.yml" text={CONFIG} />
      <Snippet title="rules.yml" text={RULES} />
      <Snippet
        title="A rule of logs"
        text={LOG_RULE.replace('ORIGIN', window.location.origin + href('/').replace(/\/$/, ''))}
      />
    </Empty>
  );
}
