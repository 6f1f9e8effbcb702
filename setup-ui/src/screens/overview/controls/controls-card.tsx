import { useId, type ReactNode } from 'react';
import { Button } from '../../../parts/basic/button.tsx';
import { Card } from '../../../parts/basic/card.tsx';
import { Icon } from '../../../parts/basic/icon.tsx';
import { useWords } from '../../../words/words.tsx';
import { AskButton, type AskContext } from '../asking/ask-button.tsx';
import { generalGateOf } from '../model/gates.ts';
import { Said } from '../model/said.tsx';
import type { Control } from './derive-controls.ts';

/** Everything that can be set about updates: how it is now, and the way to change it. */
export function ControlsCard(props: {
  readonly controls: readonly Control[];
  readonly context: AskContext;
}): ReactNode {
  const { t } = useWords();
  const general = generalGateOf(props.context.standing);
  return (
    <Card title={t('overview.controls.title')} id="controls">
      {general !== undefined && (
        <p className="mb-3 flex gap-2 text-sm">
          <Icon name="lock" className="mt-0.5 text-muted" />
          <span className="min-w-0">
            <Said of={general} />
          </span>
        </p>
      )}
      <ul className="divide-y divide-line">
        {props.controls.map((control) => (
          <li
            key={control.title.key}
            data-control={control.kind}
            className="flex flex-col gap-2 py-3 first:pt-0 last:pb-0 sm:flex-row sm:items-center sm:justify-between"
          >
            <div className="min-w-0">
              <p className="text-sm font-medium">
                <Said of={control.title} />
              </p>
              <p className="text-sm text-muted wrap-break-word">
                <Said of={control.now} />
              </p>
            </div>
            <div className="shrink-0 sm:max-w-[50%] sm:[&>span]:items-end sm:[&>span]:text-right">
              {control.ask === undefined ? (
                <Unavailable control={control} />
              ) : (
                <AskButton ask={control.ask} context={props.context} />
              )}
            </div>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** Something that people look for and that makes no sense now: the reason stands beside it. */
function Unavailable(props: { readonly control: Control }): ReactNode {
  const { t } = useWords();
  const id = useId();
  const { kind, gate } = props.control;
  return (
    <span className="inline-flex max-w-full flex-col items-start gap-1">
      <Button isDisabled aria-describedby={id}>
        {t(kind === 'go-back' ? 'overview.ask.go-back-none' : 'overview.ask.retry-none')}
      </Button>
      <span id={id} className="text-xs text-muted">
        {gate !== undefined && <Said of={gate} />}
      </span>
    </span>
  );
}
