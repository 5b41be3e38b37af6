/**
 * A page with the shape of cAdvisor's: every sample has a time of its own, which stays the same for some scrapes; labels are
 * there and empty where a control group is no container; containers come and go.
 */

import { type PageOf, TEXT } from '../../differential/scrape/target-server.ts';

const CPUS = ['cpu00', 'cpu01'] as const;
/** The times of samples move on after so many scrapes. */
const HOUSEKEEPING_SCRAPES = 3;

interface Group {
  readonly id: string;
  readonly container: string;
  readonly image: string;
  readonly name: string;
  readonly namespace: string;
  readonly pod: string;
}

const SYSTEM: readonly Group[] = ['/', '/kubepods', '/system.slice'].map((id) => ({
  id,
  container: '',
  image: '',
  name: '',
  namespace: '',
  pod: '',
}));

function containers(round: number): Group[] {
  // One of them is replaced by the next with every other round.
  return [0, 1, 2].map((i) => {
    const n = i === 2 ? 2 + (round >> 1) : i;
    const hash = (0xabc123 + n).toString(16).padStart(12, '0');
    return {
      id: `/kubepods/burstable/pod${n}/${hash}`,
      container: n === 1 ? 'POD' : `app-${n}`,
      image: `registry.example/app@sha256:${hash}`,
      name: `k8s_app-${n}_${hash}`,
      namespace: 'default',
      pod: `app-${n}-0`,
    };
  });
}

/** `startMs`: of the first sample. */
export function cadvisorPage(startMs: number): PageOf {
  return (n) => {
    const round = Math.floor(n / HOUSEKEEPING_SCRAPES);
    const groups = [...SYSTEM, ...containers(round)];
    const lines: string[] = [];
    const family = (name: string, type: string, help: string, extra: readonly string[], scale: number) => {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
      groups.forEach((group, g) => {
        for (const more of extra) {
          const labels = { ...group, ...(more !== '' && { [more.split('=')[0]!]: more.split('=')[1]! }) };
          const text = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
          // Groups are measured at moments of their own.
          const timeMs = startMs + round * HOUSEKEEPING_SCRAPES * 1000 + g * 137;
          lines.push(`${name}{${text.sort().join()}} ${(round + g) * scale} ${timeMs}`);
        }
      });
    };
    lines.push(
      '# TYPE cadvisor_version_info gauge',
      'cadvisor_version_info{kernelVersion="",osVersion=""} 1',
    );
    family(
      'container_cpu_usage_seconds_total',
      'counter',
      'CPU time.',
      CPUS.map((c) => `cpu=${c}`),
      0.25,
    );
    family('container_memory_working_set_bytes', 'gauge', 'Working set.', [''], 4096);
    family('container_fs_usage_bytes', 'gauge', 'Usage.', ['device=/dev/vda1', 'device='], 512);
    family('container_last_seen', 'gauge', 'Last seen.', [''], 1);
    lines.push('# TYPE machine_scrape_error gauge', 'machine_scrape_error 0', '');
    return { body: lines.join('\n'), contentType: TEXT };
  };
}
