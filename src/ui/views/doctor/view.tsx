/** What is wrong and what to do about it, by the doctor's report: findings, the gravest first, and what arrives. */

import { type DoctorArrival, doctorReport, type Finding, type Severity } from '../../api/doctor.ts';
import { useLoad } from '../../api/use-load.ts';
import { formatCount, formatNumber } from '../../format/number.ts';
import { formatAgo } from '../../format/time.ts';
import { Shown } from '../../parts/states.tsx';
import { useTime } from '../../time/use-time.ts';

const NAMES: Readonly<Record<Severity, string>> = {
  problem: 'Problem',
  warn: 'Warning',
  info: 'Worth knowing',
  ok: 'Well',
};
const BADGES: Readonly<Record<Severity, string>> = { problem: 'bad', warn: 'warn', info: '', ok: 'good' };

export function DoctorView() {
  const time = useTime();
  const loaded = useLoad(doctorReport, [time]);
  return (
    <>
      <header class="view-head">
        <h1>Doctor</h1>
      </header>
      <Shown loaded={loaded} what="The report cannot be had">
        {(report) => (
          <>
            <Findings findings={report.findings.filter(({ severity }) => severity !== 'ok')} />
            <ArrivalTable arrivals={report.arrivals} nowMs={Date.parse(report.time)} />
            <Well findings={report.findings.filter(({ severity }) => severity === 'ok')} />
          </>
        )}
      </Shown>
    </>
  );
}

function Findings({ findings }: { readonly findings: readonly Finding[] }) {
  if (findings.length === 0) {
    return (
      <section class="panel" aria-label="Findings">
        <p>Nothing is wrong.</p>
      </section>
    );
  }
  return (
    <section class="panel" aria-label="Findings">
      <ul class="trouble-list">
        {findings.map((finding) => (
          <li key={`${finding.id} ${finding.summary}`}>
            <span class={`badge ${BADGES[finding.severity]}`}>{NAMES[finding.severity]}</span>{' '}
            {finding.summary}
            {finding.remedy && <p class="faint">{finding.remedy}</p>}
            <details>
              <summary class="faint">{finding.id}</summary>
              <EvidenceTable evidence={finding.evidence} />
            </details>
          </li>
        ))}
      </ul>
    </section>
  );
}

function EvidenceTable({ evidence }: Pick<Finding, 'evidence'>) {
  return (
    <table class="facts">
      <tbody>
        {Object.entries(evidence).map(([name, value]) => (
          <tr key={name}>
            <th scope="row" class="fact-name">
              {name.replaceAll('_', ' ')}
            </th>
            <td>{String(value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function ArrivalTable(props: { readonly arrivals: readonly DoctorArrival[]; readonly nowMs: number }) {
  const { arrivals, nowMs } = props;
  return (
    <section class="panel" aria-label="What arrives">
      <h2>What arrives</h2>
      {arrivals.length === 0 ? (
        <p class="faint">Nothing yet.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
        <section class="scroll" tabIndex={0} aria-label="Receivers">
          <table>
            <thead>
              <tr>
                <th>Receiver</th>
                <th>Signal</th>
                <th>Last</th>
                <th class="number">A second (1m)</th>
                <th class="number">A second (15m)</th>
                <th class="number">Refused items (15m)</th>
                <th class="number">Refused requests (15m)</th>
              </tr>
            </thead>
            <tbody>
              {arrivals.map((a) => (
                <tr key={a.receiver}>
                  <th scope="row">{a.words}</th>
                  <td>{a.signal}</td>
                  <td>{a.last === null ? 'never' : formatAgo(Date.parse(a.last), nowMs)}</td>
                  <td class="number">{formatNumber(a.per_second['1m'])}</td>
                  <td class="number">{formatNumber(a.per_second['15m'])}</td>
                  <td class="number">{formatCount(a.refused)}</td>
                  <td class="number">{formatCount(a.failed_requests)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  );
}

function Well({ findings }: { readonly findings: readonly Finding[] }) {
  return (
    <section class="panel" aria-label="What is well">
      <h2>What is well</h2>
      <ul>
        {findings.map(({ id, summary }) => (
          <li key={`${id} ${summary}`}>{summary}</li>
        ))}
      </ul>
    </section>
  );
}
