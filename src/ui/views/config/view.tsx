/** How the server is set up: its configuration, its flags, what it is; and whether the last reading went well. */

import { configYaml } from '../../api/status.ts';
import { useLoad } from '../../api/use-load.ts';
import { href, usePlace } from '../../location.ts';
import { CopyButton } from '../../parts/copy-button.tsx';
import { PathTabs } from '../../parts/path-tabs.tsx';
import { Empty, Shown } from '../../parts/states.tsx';
import { rangeParams, useTime } from '../../time/use-time.ts';
import { FlagsPanel } from './flags.tsx';
import { ReloadPanel } from './reload.tsx';
import { ServerPanel } from './server.tsx';
import { YamlText } from './yaml-text.tsx';

type Tab = 'config' | 'flags' | 'server';

export function ConfigView() {
  const { path, params } = usePlace();
  const time = useTime();
  const tab: Tab = path === '/flags' ? 'flags' : params.get('tab') === 'server' ? 'server' : 'config';
  return (
    <>
      <header class="view-head">
        <h1>Configuration</h1>
        <PathTabs
          label="Configuration"
          tabs={[
            { name: 'File', href: href('/config', rangeParams()), isHere: tab === 'config' },
            { name: 'Flags', href: href('/flags', rangeParams()), isHere: tab === 'flags' },
            {
              name: 'Server',
              href: href('/config', { ...rangeParams(), tab: 'server' }),
              isHere: tab === 'server',
            },
          ]}
        />
      </header>
      {tab === 'config' && <ReloadPanel time={time} />}
      {tab === 'config' && <FilePanel time={time} />}
      {tab === 'flags' && <FlagsPanel time={time} />}
      {tab === 'server' && <ServerPanel time={time} />}
    </>
  );
}

function FilePanel({ time }: { readonly time: unknown }) {
  const loaded = useLoad(configYaml, [time]);
  return (
    <Shown loaded={loaded} what="The configuration cannot be had">
      {(yaml) =>
        yaml.trim() === '' ? (
          <Empty title="There is no configuration file">
            <p>
              Everything is as it is by default, and Trilite scrapes itself. A <code>prometheus.yml</code>{' '}
              works as it is, Trilite's own settings stand in it under <code>trilite:</code>:{' '}
              <code>trilite --config prometheus.yml</code>
            </p>
          </Empty>
        ) : (
          <section class="panel" aria-label="Configuration file">
            <p class="row">
              <span class="grow faint">As it was read; secrets are masked.</span>
              <CopyButton text={yaml} what="the configuration" />
            </p>
            <YamlText text={yaml} />
          </section>
        )
      }
    </Shown>
  );
}
