/** The demo's command line: a few flags of its own; whatever else there is goes to Trilite as it stands. */

export const USAGE = `npm run demo -- [flags]

  --pace N        everything happens N times as often (1)
  --shop-port N   port of the storefront (8080); checkout and payments have the next two. 0: free ones
  --help

Other flags are Trilite's own. What is useful here:
  --data DIR                                        keeps what was measured; by default nothing is kept
  --http 127.0.0.1:0 --otlp-grpc 127.0.0.1:0        free ports in place of 9090, 3100, 3200, 4318 and 4317
`;

const SHOP_PORT = 8080;
const PORT_MAX = 65_533;
/** Faster than that the shop does nothing but serve its shoppers. */
const PACE_MAX = 50;

/** What a user got wrong: its message is all there is to say. */
export class UsageError extends Error {}

export interface Options {
  readonly help: boolean;
  readonly pace: number;
  readonly shopPort: number;
  readonly data: string;
  /** For Trilite, `--data` among them. */
  readonly triliteArgs: readonly string[];
}

function numberOf(flag: string, text: string | undefined, min: number, max: number): number {
  const value = Number(text);
  if (!text || !(value >= min && value <= max)) {
    throw new UsageError(`${flag}: a number from ${min} to ${max} is needed, not "${text ?? ''}"`);
  }
  return value;
}

/** Throws `UsageError`. */
export function parseOptions(args: readonly string[]): Options {
  const triliteArgs: string[] = [];
  let help = false;
  let pace = 1;
  let shopPort = SHOP_PORT;
  let data: string | undefined;
  for (let i = 0; i < args.length; i++) {
    const [flag, inline] = args[i]!.split(/=(.*)/s, 2) as [string, string | undefined];
    switch (flag) {
      case '--help':
      case '-h':
        help = true;
        break;
      case '--pace':
        pace = numberOf(flag, inline ?? args[++i], 0.1, PACE_MAX);
        break;
      case '--shop-port':
        shopPort = Math.floor(numberOf(flag, inline ?? args[++i], 0, PORT_MAX));
        break;
      case '--config':
      case '--promtail-config':
        throw new UsageError(`${flag}: the demo has a configuration of its own (demo/config)`);
      case '--data':
        data = inline ?? args[i + 1];
        triliteArgs.push(args[i]!);
        break;
      default:
        triliteArgs.push(args[i]!);
    }
  }
  if (data === undefined) triliteArgs.push('--data', ':memory:');
  return { help, pace, shopPort, data: data ?? ':memory:', triliteArgs };
}
