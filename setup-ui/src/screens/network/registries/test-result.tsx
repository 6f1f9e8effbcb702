import type { NeededHost } from 'host-service/contract/network/view.ts';
import type { ReactNode } from 'react';
import { Button } from '../../../parts/basic/button.tsx';
import { cx } from '../../../parts/basic/class-names.ts';
import { Disclosure } from '../../../parts/basic/disclosure.tsx';
import { Icon, type IconName } from '../../../parts/basic/icon.tsx';
import { Time } from '../../../parts/facts/time.tsx';
import { useWords } from '../../../words/words.tsx';
import { Said } from '../../overview/model/said.tsx';
import { anchorOf } from '../model/address.ts';
import { toldOf, type Advice, type HopState, type Told } from '../model/derive-test.ts';
import type { NetworkForm } from '../model/form.ts';
import { changeOf } from '../model/network-draft.ts';
import { showAnchor } from '../show-anchor.ts';
import { changeText, type TestResult } from './use-tests.ts';

const LOOKS: Readonly<Record<HopState, { readonly icon: IconName; readonly colour: string }>> = {
  good: { icon: 'check', colour: 'text-good' },
  bad: { icon: 'cross', colour: 'text-bad' },
  untried: { icon: 'dash', colour: 'text-muted' },
};

/** What the box has measured by itself, in one line; the steps behind a click. */
export function LastMeasurement(props: {
  readonly needed: NeededHost;
  readonly form: NetworkForm;
}): ReactNode {
  const { t } = useWords();
  const { form } = props;
  const { report, host, use } = props.needed;
  if (report === undefined) return <p className="text-sm text-muted">{t('network.hosts.unmeasured')}</p>;
  const told = toldOf(report, { use });
  return (
    <div className="space-y-1.5">
      <Verdict told={told} at={report.at} />
      <Disclosure title={t('network.hosts.steps')} isOpenAtFirst={!told.isGood}>
        <Hops told={told} />
      </Disclosure>
      {told.advice !== undefined && !form.isReadOnly && <AdviceButton advice={told.advice} host={host} />}
    </div>
  );
}

/** What a test found with the values in the form, step by step, and what can be done about it on this screen. */
export function TestAnswer(props: {
  readonly result: TestResult;
  readonly form: NetworkForm;
  readonly needed: NeededHost;
}): ReactNode {
  const { t } = useWords();
  const { result, form } = props;
  const { host, use } = props.needed;
  const { report, credential, problem } = result.test;
  const told = toldOf(report, { use, credential });
  const isOld = changeText(changeOf(form.view, form.draft)) !== result.of;
  return (
    <div
      data-test={told.isGood ? 'good' : 'bad'}
      className={cx(
        'space-y-2 rounded-md border p-3',
        told.isGood ? 'border-good-line bg-good-soft' : 'border-bad-line bg-bad-soft',
      )}
    >
      <Verdict told={told} at={report.at} />
      {isOld && <p className="text-sm">{t('network.test.old')}</p>}
      <Hops told={told} />
      {told.advice !== undefined && !form.isReadOnly && <AdviceButton advice={told.advice} host={host} />}
      {problem !== undefined && (
        <Disclosure>
          <p lang="en" className="text-xs wrap-anywhere">
            {problem.code}: {problem.detail}
          </p>
        </Disclosure>
      )}
    </div>
  );
}

function Verdict(props: { readonly told: Told; readonly at: string }): ReactNode {
  const { told, at } = props;
  return (
    <p className="flex flex-wrap items-start gap-x-2 gap-y-0.5 text-sm">
      <Icon
        name={told.isGood ? 'check' : 'alert'}
        className={cx('mt-0.5', told.isGood ? 'text-good' : 'text-bad')}
      />
      <span className="min-w-0 flex-1 basis-40 font-medium wrap-anywhere">
        <Said of={told.says} />
      </span>
      <span className="text-xs text-muted">
        <Time at={at} />
      </span>
    </p>
  );
}

function Hops(props: { readonly told: Told }): ReactNode {
  const { t } = useWords();
  return (
    <ol className="space-y-1 text-sm">
      {props.told.hops.map(({ hop, state, says }) => (
        <li key={hop} data-hop={hop} data-hop-state={state} className="flex gap-2">
          <Icon name={LOOKS[state].icon} className={cx('mt-0.5', LOOKS[state].colour)} />
          <span className="min-w-0 wrap-anywhere">
            <span className="font-medium">{t(`network.hop.${hop}`)}:</span> <Said of={says} />
          </span>
        </li>
      ))}
    </ol>
  );
}

const PLACES = {
  authority: 'authorities',
  proxy: 'proxy',
  'proxy-credential': 'proxy',
  credential: 'hosts',
  resolvers: 'resolvers',
  time: 'time',
} as const;

function AdviceButton(props: { readonly advice: Advice; readonly host: string }): ReactNode {
  const { t } = useWords();
  const { advice, host } = props;
  const anchor = anchorOf(PLACES[advice], advice === 'credential' ? host : undefined);
  return (
    <Button icon="arrow" onClick={() => showAnchor(anchor)}>
      {t(`network.advice.${advice}`)}
    </Button>
  );
}
