import type { NetworkPreview } from 'host-service/contract/network/view.ts';
import { useState, type ReactNode } from 'react';
import { useChangeNetwork, useNetworkPreview } from '../../../api/network.ts';
import { Button } from '../../../parts/basic/button.tsx';
import { cx } from '../../../parts/basic/class-names.ts';
import { ConfirmDialog } from '../../../parts/notice/confirm-dialog.tsx';
import { ProblemNotice } from '../../../parts/notice/problem-notice.tsx';
import { useWords } from '../../../words/words.tsx';
import { Said } from '../../overview/model/said.tsx';
import type { Saying } from '../../overview/model/saying.ts';
import type { NetworkForm } from '../model/form.ts';
import { changeOf, EMPTY_DRAFT, type NetworkChange } from '../model/network-draft.ts';
import { Touches } from './touches.tsx';

interface Asked {
  readonly change: NetworkChange;
  readonly revision: number;
  readonly preview: NetworkPreview;
}

/** Saves in two steps: first the box says what the change touches, then a person confirms it. */
export function SaveBar(props: {
  readonly form: NetworkForm;
  readonly gate: Saying | undefined;
  readonly mistakes: ReadonlyMap<unknown, unknown>;
  readonly onTry: () => void;
}): ReactNode {
  const { t } = useWords();
  const { form, gate, mistakes, onTry } = props;
  const preview = useNetworkPreview();
  const save = useChangeNetwork();
  const [asked, setAsked] = useState<Asked>();
  const [isSaved, setSaved] = useState(false);
  const change = changeOf(form.view, form.draft);
  const problem = preview.problem ?? (asked === undefined ? save.problem : undefined);
  const ask = (): void => {
    onTry();
    setSaved(false);
    if (change === undefined || mistakes.size > 0 || gate !== undefined) return;
    const { revision } = form.view;
    save.clear();
    preview.run({ change, revision }, (answer) => setAsked({ change, revision, preview: answer }));
  };
  const confirm = (): void => {
    if (asked === undefined) return;
    save.run(asked, () => {
      form.change(() => EMPTY_DRAFT);
      setAsked(undefined);
      setSaved(true);
    });
  };
  return (
    <div
      className={cx(
        'space-y-3 border-t border-line bg-canvas py-4',
        // What is not saved yet stays in sight on a long page.
        change !== undefined && 'sticky bottom-0 z-10',
      )}
    >
      {problem !== undefined && (
        <ProblemNotice isAnnounced problem={problem.body} requestId={problem.requestId} />
      )}
      <Buttons
        form={form}
        gate={gate}
        hasChange={change !== undefined}
        mistakes={mistakes.size}
        isSaved={isSaved}
        isAsking={preview.isBusy}
        onSave={ask}
      />
      <ConfirmDialog
        isOpen={asked !== undefined}
        title={t('network.confirm.title')}
        confirmLabel={t('network.confirm.save')}
        busy={save.isBusy ? t('network.save.saving') : undefined}
        onConfirm={confirm}
        onCancel={() => setAsked(undefined)}
      >
        {asked !== undefined && <Touches touches={asked.preview.touches} />}
        {save.problem !== undefined && (
          <ProblemNotice isAnnounced problem={save.problem.body} requestId={save.problem.requestId} />
        )}
      </ConfirmDialog>
    </div>
  );
}

/** Save, discard, and how things stand. */
function Buttons(props: {
  readonly form: NetworkForm;
  readonly gate: Saying | undefined;
  readonly hasChange: boolean;
  readonly mistakes: number;
  readonly isSaved: boolean;
  readonly isAsking: boolean;
  readonly onSave: () => void;
}): ReactNode {
  const { t } = useWords();
  const { form, gate, hasChange, mistakes, isSaved } = props;
  return (
    <div className="flex flex-wrap items-center gap-3">
      <Button
        kind="primary"
        isDisabled={gate !== undefined || !hasChange}
        busy={props.isAsking ? t('network.save.asking') : undefined}
        onClick={props.onSave}
      >
        {t('network.save')}
      </Button>
      {hasChange && (
        <Button kind="quiet" onClick={() => form.change(() => EMPTY_DRAFT)}>
          {t('network.save.discard')}
        </Button>
      )}
      <p role="status" className="min-w-0 text-sm text-muted">
        {gate !== undefined ? (
          <Said of={gate} />
        ) : mistakes > 0 ? (
          t('network.save.mistakes', { n: mistakes })
        ) : hasChange ? (
          t('network.save.unsaved')
        ) : isSaved ? (
          t('network.save.saved')
        ) : (
          t('network.save.nothing')
        )}
      </p>
    </div>
  );
}
