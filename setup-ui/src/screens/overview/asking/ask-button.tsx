import type { StatusView } from 'host-service/contract/api/status.ts';
import { useId, useLayoutEffect, useRef, type ReactNode, type RefObject } from 'react';
import { Button, type ButtonKind } from '../../../parts/basic/button.tsx';
import type { IconName } from '../../../parts/basic/icon.tsx';
import { giveFocus } from '../../../parts/basic/give-focus.ts';
import { useWords } from '../../../words/words.tsx';
import type { Ask } from '../model/ask.ts';
import { gateOf, generalGateOf, type Standing } from '../model/gates.ts';
import { saying, type Saying } from '../model/saying.ts';

/** What the parts of a screen need to let a person ask for something. */
export interface AskContext {
  readonly view: StatusView;
  readonly standing: Standing;
  readonly onAsk: (ask: Ask) => void;
  readonly isChecking: boolean;
}

const ICONS: Readonly<Partial<Record<Ask['kind'], IconName>>> = {
  retry: 'refresh',
  'retry-control-plane': 'refresh',
  'go-back': 'back',
  'check-now': 'refresh',
  hold: 'pause',
  pause: 'pause',
  resume: 'arrow',
};

/** The words on the button of an ask: the verb of the API, named. */
export function labelOf(ask: Ask): Saying {
  switch (ask.kind) {
    case 'approve':
      return saying(ask.from === undefined ? 'overview.ask.approve-first' : 'overview.ask.approve', {
        version: ask.release.version,
      });
    case 'retry':
    case 'go-back':
      return saying(`overview.ask.${ask.kind}`, { version: ask.release.version });
    case 'pin':
      return ask.release === undefined
        ? saying('overview.ask.pin')
        : saying('overview.ask.pin-this', { version: ask.release.version });
    default:
      return saying(`overview.ask.${ask.kind}`);
  }
}

/** Hands the focus on when what has it goes away: buttons come and go with the status. */
function useFocusKept(): RefObject<HTMLButtonElement | null> {
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const element = button.current;
    return () => {
      if (element !== null && element === document.activeElement) giveFocus(null);
    };
  }, []);
  return button;
}

/** A button that asks for something; when it cannot be asked for, the reason stands below it in words. */
export function AskButton(props: {
  readonly ask: Ask;
  readonly context: AskContext;
  readonly kind?: ButtonKind;
  /** Says also what stands against everything; elsewhere that is told once for the page and only to screen readers here. */
  readonly isReasonShown?: boolean;
}): ReactNode {
  const { t } = useWords();
  const id = useId();
  const button = useFocusKept();
  const { ask, context } = props;
  const gate = gateOf(ask, context.view, context.standing);
  const isGeneral = generalGateOf(context.standing) !== undefined && ask.kind !== 'open-settings';
  const isHidden = isGeneral && props.isReasonShown !== true;
  const label = labelOf(ask);
  const icon = ICONS[ask.kind];
  return (
    <span className="inline-flex max-w-full flex-col items-start gap-1">
      <Button
        ref={button}
        kind={gate === undefined ? (props.kind ?? 'secondary') : 'secondary'}
        {...(icon === undefined ? {} : { icon })}
        isDisabled={gate !== undefined}
        busy={ask.kind === 'check-now' && context.isChecking ? t('overview.asked.sending') : undefined}
        aria-describedby={gate === undefined ? undefined : id}
        title={gate === undefined ? undefined : t(gate.key, gate.values)}
        data-ask={ask.kind}
        onClick={() => context.onAsk(ask)}
      >
        {t(label.key, label.values)}
      </Button>
      {gate !== undefined && (
        <span id={id} className={isHidden ? 'sr-only' : 'text-xs text-muted'}>
          {t(gate.key, gate.values)}
        </span>
      )}
    </span>
  );
}
