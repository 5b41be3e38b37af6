/**
 * A user's `exec` in a kubeconfig (`client.authentication.k8s.io`): a program that gives credentials, as EKS and GKE have it. Here is what a file
 * says of it; `exec-credentials.ts` runs it.
 */

type Fields = Readonly<Record<string, unknown>>;

/** What the program is told of the cluster, where it asks for that: `spec.cluster` of an `ExecCredential`. */
export type ExecClusterInfo = Readonly<Record<string, string | boolean>>;

export interface ExecPlugin {
  /** Of the file, for messages. */
  readonly file: string;
  /** A path, or a name that is looked for in `PATH`. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly apiVersion: string;
  /** What to do where there is no such program; '' is nothing. */
  readonly installHint: string;
  readonly cluster: ExecClusterInfo | undefined;
}

const VERSIONS: readonly string[] = [
  'client.authentication.k8s.io/v1',
  'client.authentication.k8s.io/v1beta1',
];

/** Where it stands, and how to complain: never with what the file holds. */
export interface ExecPlace {
  readonly file: string;
  cluster(): ExecClusterInfo;
  /** A path that is relative to the file. */
  resolve(path: string): string;
  fail(message: string): never;
}

export function readExecPlugin(value: unknown, place: ExecPlace): ExecPlugin {
  const exec: Fields = typeof value === 'object' && value !== null ? (value as Fields) : {};
  const text = (key: string): string => {
    const found = exec[key] ?? '';
    return typeof found === 'string' ? found : place.fail(`exec.${key}: expected text`);
  };
  const [command, apiVersion] = [text('command'), text('apiVersion')];
  if (command === '') place.fail('exec has no command');
  if (!VERSIONS.includes(apiVersion)) place.fail(`exec.apiVersion must be one of ${VERSIONS.join(', ')}`);
  if (text('interactiveMode') === 'Always') place.fail('exec needs a terminal (interactiveMode: Always)');
  return {
    file: place.file,
    // As in a shell: a name alone is looked for, anything else is a path.
    command: command.includes('/') ? place.resolve(command) : command,
    args: listOf(exec.args, 'exec.args', place).map((arg) =>
      typeof arg === 'string' ? arg : place.fail('exec.args: expected texts'),
    ),
    env: Object.fromEntries(
      listOf(exec.env, 'exec.env', place).map((entry) => {
        const { name, value: said } = (entry ?? {}) as Fields;
        const isPair = typeof name === 'string' && typeof said === 'string';
        return isPair ? [name, said] : place.fail('exec.env: expected names and values');
      }),
    ),
    apiVersion,
    installHint: text('installHint').trim(),
    cluster: exec.provideClusterInfo === true ? place.cluster() : undefined,
  };
}

function listOf(value: unknown, what: string, place: ExecPlace): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : place.fail(`${what}: expected a list`);
}
