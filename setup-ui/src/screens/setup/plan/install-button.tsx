import { useState, type ReactNode } from 'react';
import { useLocation } from 'wouter';
import type { Action } from '../../../api/mutations.ts';
import type { ApproveCommand } from '../../../api/setup.ts';
import { Button } from '../../../parts/basic/button.tsx';
import { useWords } from '../../../words/words.tsx';
import type { MessageKey } from '../../../words/keys.ts';
import type { PlanFacts } from '../../overview/plan/derive-plan.ts';
import { useProductName } from '../../overview/use-screen.ts';
import { pathOf } from '../model/steps.ts';
import type { StepProps } from '../step-props.ts';

type Approve = Action<ApproveCommand, void>;

/** Why the installation cannot be begun now; undefined = it can. Failed checks are the server's business: it gives no plan then. */
function gateOf(props: StepProps, plan: PlanFacts | undefined): MessageKey | undefined {
  if (!props.standing.isAdmin) return 'setup.viewer';
  if (props.standing.isOffline) return 'overview.gate.offline';
  if (!props.setup.isComplete) return 'setup.plan.incomplete';
  return plan === undefined ? 'setup.plan.wait' : undefined;
}

/** The one button of the whole setup that does something: it names what. */
export function InstallButton(
  props: StepProps & {
    readonly plan: PlanFacts | undefined;
    /** Digest of the release that the person sees in the plan. */
    readonly release: string | undefined;
    readonly approve: Approve;
  },
): ReactNode {
  const { t } = useWords();
  const [, navigate] = useLocation();
  const product = useProductName();
  const { plan, release, approve, setup, draft } = props;
  const gate = gateOf(props, plan);
  // What was typed last may still be on its way to the box: the click is heard at once all the same.
  const [isSaving, setSaving] = useState(false);
  const begin = async (): Promise<void> => {
    setSaving(true);
    const isSaved = await draft.keeper.flush().finally(() => setSaving(false));
    if (!isSaved) return;
    const { revision } = props.newest() ?? setup;
    const approval = release === undefined ? {} : { release };
    approve.run({ approval, revision }, () => navigate(pathOf('install')));
  };
  return (
    <span className="inline-flex max-w-full flex-col items-end gap-1">
      <Button
        kind="primary"
        className="px-4"
        isDisabled={gate !== undefined}
        busy={approve.isBusy || isSaving ? t('setup.plan.beginning') : undefined}
        aria-describedby={gate === undefined ? undefined : 'install-gate'}
        onClick={() => void begin()}
      >
        {t('setup.plan.install', { product, version: plan?.to ?? '' })}
      </Button>
      {gate !== undefined && (
        <span id="install-gate" className="text-sm text-muted">
          {t(gate)}
        </span>
      )}
    </span>
  );
}
