import type { NeededHost } from 'host-service/contract/network/view.ts';
import type { ReactNode } from 'react';
import { Button } from '../../../parts/basic/button.tsx';
import { Disclosure } from '../../../parts/basic/disclosure.tsx';
import { ProblemNotice } from '../../../parts/notice/problem-notice.tsx';
import { useWords } from '../../../words/words.tsx';
import { CredentialFields } from '../credential-fields.tsx';
import { FixedNote } from '../fixed-note.tsx';
import { anchorOf } from '../model/address.ts';
import type { NetworkForm } from '../model/form.ts';
import { changeOf, mirrorsIn, mistakesOf } from '../model/network-draft.ts';
import { NetworkField } from '../network-field.tsx';
import { LastMeasurement, TestAnswer } from './test-result.tsx';
import type { Tests } from './use-tests.ts';

/** One host that this box needs: what for, which way, what was found last, and a test before anything is saved. */
export function HostCard(props: {
  readonly needed: NeededHost;
  readonly form: NetworkForm;
  readonly tests: Tests;
}): ReactNode {
  const { t } = useWords();
  const { needed, form, tests } = props;
  const { host, use, via } = needed;
  return (
    <li
      id={anchorOf('hosts', host)}
      data-host={host}
      className="scroll-mt-6 space-y-3 rounded-md border border-line p-3 sm:p-4"
    >
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-56">
          <h3 className="font-semibold wrap-anywhere" dir="ltr">
            {host}
          </h3>
          <p className="text-sm text-muted wrap-anywhere">
            {t(`network.hosts.use.${use}`)}{' '}
            {via === 'direct' ? t('network.hosts.direct') : t('network.hosts.via', { via })}
          </p>
        </div>
        {!form.isReadOnly && <TestButton host={host} form={form} tests={tests} />}
      </div>
      <Found {...props} />
      {use === 'registry' && <RegistryFields needed={needed} form={form} />}
    </li>
  );
}

function TestButton(props: {
  readonly host: string;
  readonly form: NetworkForm;
  readonly tests: Tests;
}): ReactNode {
  const { t } = useWords();
  const { host, form, tests } = props;
  const hasMistakes = mistakesOf(form.view, form.draft).size > 0;
  return (
    <Button
      icon="plug"
      aria-label={t('network.test.what', { host })}
      isDisabled={hasMistakes || (tests.busy !== undefined && tests.busy !== host)}
      title={hasMistakes ? t('network.test.mistakes') : undefined}
      busy={tests.busy === host ? t('network.test.busy') : undefined}
      onClick={() => tests.run(host, changeOf(form.view, form.draft))}
    >
      {t('network.test')}
    </Button>
  );
}

/** The answer of a test, else what the box has measured by itself. */
function Found(props: {
  readonly needed: NeededHost;
  readonly form: NetworkForm;
  readonly tests: Tests;
}): ReactNode {
  const { needed, form, tests } = props;
  const { host } = needed;
  const result = tests.results.get(host);
  return (
    <div aria-live="polite" className="space-y-2">
      {tests.problem?.host === host && (
        <ProblemNotice problem={tests.problem.problem.body} requestId={tests.problem.problem.requestId} />
      )}
      {result === undefined ? (
        <LastMeasurement needed={needed} form={form} />
      ) : (
        <TestAnswer result={result} form={form} needed={needed} />
      )}
    </div>
  );
}

function RegistryFields(props: { readonly needed: NeededHost; readonly form: NetworkForm }): ReactNode {
  const { t } = useWords();
  const { needed, form } = props;
  const { host, mirrors, credential } = needed;
  const isInUse = mirrors.length > 0 || credential.isSet;
  return (
    <Disclosure title={t('network.hosts.more')} isOpenAtFirst={isInUse} opensByAddress>
      <div className="max-w-2xl space-y-4 pt-1">
        {form.view.fixed.registries.includes(host) && <FixedNote />}
        <NetworkField
          form={form}
          name={`mirrors:${host}`}
          kind="lines"
          label={t('network.hosts.mirrors')}
          help={t('network.hosts.mirrors-help', { host })}
          placeholder="https://mirror.example.com"
        />
        <CredentialFields
          form={form}
          of={host}
          fields={[`user:${host}`, `password:${host}`]}
          stored={credential}
        />
        {mirrorsIn(form.view, form.draft, host).map((mirror) => (
          <CredentialFields
            key={mirror}
            form={form}
            of={mirror}
            fields={[`user:${mirror}`, `password:${mirror}`]}
            stored={undefined}
          />
        ))}
      </div>
    </Disclosure>
  );
}
