/** Which of the names there are look most like what a query says: by the runs of three characters that they share. */

const RUN = 3;

function runsOf(text: string): Set<string> {
  const plain = ` ${text.toLowerCase()} `;
  const runs = new Set<string>();
  for (let i = 0; i + RUN <= plain.length; i++) runs.add(plain.slice(i, i + RUN));
  return runs;
}

/** All of them, the nearest first; equal ones stay in their order. */
export function nearest(query: string, names: readonly string[]): string[] {
  const wanted = runsOf(query);
  const score = (name: string) => {
    const runs = runsOf(name);
    let shared = 0;
    for (const run of runs) if (wanted.has(run)) shared++;
    return shared / runs.size;
  };
  return names
    .map((name) => ({ name, score: score(name) }))
    .sort((a, b) => b.score - a.score)
    .map(({ name }) => name);
}
