/** When the configuration was read last and whether it was taken; reading it again; what the server wants to be known. */

import { useState } from 'preact/hooks';
import { flags, notifications, reload, runtimeInfo } from '../../api/status.ts';
import { useLoad } from '../../api/use-load.ts';
import { formatAgo, formatMoment } from '../../format/time.ts';
import { Problem, Shown } from '../../parts/states.tsx';
import { refresh } from '../../time/use-time.ts';

export function ReloadPanel({ time }: { readonly time: unknown }) {
  const loaded = useLoad(
    async (signal) => {
      const [runtime, set, notices] = await Promise.all([
        runtimeInfo(signal),
        flags(signal),
        notifications(signal),
      ]);
      return { runtime, set, notices };
    },
    [time],
  );
  return (
    <Shown loaded={loaded} what="The state of the server cannot be had">
      {({ runtime, set, notices }) => {
        const readMs = Date.parse(runtime.lastConfigTime);
        return (
          <section class="panel" aria-label="Reading the configuration">
            <div class="row">
              <span class={runtime.reloadConfigSuccess ? 'badge good' : 'badge bad'}>
                {runtime.reloadConfigSuccess ? 'in force' : 'the last change was refused'}
              </span>
              <span class="grow" title={formatMoment(readMs)}>
                {runtime.reloadConfigSuccess ? 'Read' : 'What is in force was read'}{' '}
                {formatAgo(readMs, Date.now())}
                {set['config.file'] ? (
                  <>
                    {' '}
                    from <code>{set['config.file']}</code>
                  </>
                ) : (
                  '; there is no file'
                )}
              </span>
              <ReloadButton isEnabled={set['web.enable-lifecycle'] === 'true'} />
            </div>
            {notices.map(({ text, date }) => (
              <p key={text} class="fault">
                {text} <span class="faint">{formatAgo(Date.parse(date), Date.now())}</span>
              </p>
            ))}
            <p class="faint">
              {set['config.auto-reload'] === 'true'
                ? 'It is read again by itself when one of its files changes, and on SIGHUP.'
                : 'It is read again on SIGHUP; with --config.auto-reload when one of its files changes, too.'}
              {set['web.enable-lifecycle'] !== 'true' && ' The button works with --web.enable-lifecycle.'}
            </p>
          </section>
        );
      }}
    </Shown>
  );
}

function ReloadButton({ isEnabled }: { readonly isEnabled: boolean }) {
  const [error, setError] = useState<Error>();
  const [isBusy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await reload();
    } catch (failed) {
      setError(failed as Error);
    }
    setBusy(false);
    refresh();
  };
  return (
    <>
      <button
        type="button"
        disabled={!isEnabled || isBusy}
        title={isEnabled ? undefined : 'Needs --web.enable-lifecycle'}
        onClick={run}
      >
        {isBusy ? 'Reading …' : 'Read again'}
      </button>
      {error && <Problem error={error} what="It was refused; nothing has changed" />}
    </>
  );
}
