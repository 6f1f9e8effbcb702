import { AlertDialog } from 'radix-ui';
import { useRef, useState, type ReactNode } from 'react';
import { useWords } from '../../words/words.tsx';
import { Button } from '../basic/button.tsx';
import { giveFocus } from '../basic/give-focus.ts';
import { Field, TextInput } from '../form/field.tsx';
import type { ConfirmDialogProps } from './confirm-dialog-props.ts';

/** The dialog itself: holds the focus, gives it back, closes by Escape unless something is under way. */
export function ConfirmDialogBody(props: ConfirmDialogProps): ReactNode {
  const { t } = useWords();
  const [text, setText] = useState('');
  const [hasTried, setTried] = useState(false);
  const opener = useRef<Element>(null);
  const isMissing = props.typed !== undefined && text.trim() !== props.typed;
  const confirm = (): void => (isMissing ? setTried(true) : props.onConfirm());
  const close = (isOpen: boolean): void => {
    if (isOpen || props.busy !== undefined) return;
    setText('');
    setTried(false);
    props.onCancel();
  };
  return (
    <AlertDialog.Root open={props.isOpen} onOpenChange={close}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="dialog-overlay" />
        <AlertDialog.Content
          className="dialog"
          onOpenAutoFocus={() => {
            opener.current = document.activeElement;
          }}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            giveFocus(opener.current);
          }}
        >
          <form
            onSubmit={(event) => {
              event.preventDefault();
              confirm();
            }}
          >
            <AlertDialog.Title className="text-lg font-semibold wrap-break-word">
              {props.title}
            </AlertDialog.Title>
            <AlertDialog.Description asChild>
              <div className="mt-2 space-y-3 text-sm">{props.children}</div>
            </AlertDialog.Description>
            {props.typed !== undefined && (
              <div className="mt-4">
                <Field
                  label={t('parts.confirm.type', { word: props.typed })}
                  error={
                    hasTried && isMissing ? t('parts.confirm.mismatch', { word: props.typed }) : undefined
                  }
                >
                  {(wiring) => (
                    <TextInput
                      {...wiring}
                      value={text}
                      autoComplete="off"
                      autoCapitalize="none"
                      spellCheck={false}
                      onChange={(event) => setText(event.target.value)}
                    />
                  )}
                </Field>
              </div>
            )}
            <div className="mt-5 flex flex-wrap justify-end gap-2">
              <AlertDialog.Cancel asChild>
                <Button kind="secondary" isDisabled={props.busy !== undefined}>
                  {props.cancelLabel ?? t('common.cancel')}
                </Button>
              </AlertDialog.Cancel>
              <Button type="submit" kind={props.isDangerous ? 'danger' : 'primary'} busy={props.busy}>
                {props.confirmLabel}
              </Button>
            </div>
          </form>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
