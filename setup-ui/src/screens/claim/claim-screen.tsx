import type { SessionView } from 'host-service/contract/api/session.ts';
import { useEffect, useState, type ReactNode } from 'react';
import { useClaim } from '../../api/mutations.ts';
import { Button } from '../../parts/basic/button.tsx';
import { Disclosure } from '../../parts/basic/disclosure.tsx';
import { NewPasswordField } from '../../parts/form/strength/new-password-field.tsx';
import { useWords } from '../../words/words.tsx';
import { BoxWords } from './box-words.tsx';
import { CertificateHelp } from './certificate-help.tsx';
import { SessionCard } from '../session/session-card.tsx';
import { SessionForm } from '../session/session-form.tsx';
import { UserField } from '../session/user-field.tsx';
import {
  claimMistakesOf,
  isComplete,
  MIN_PASSWORD,
  type ClaimMistakes,
  type ClaimValues,
} from './claim-form.ts';
import { CodeField } from './code-field.tsx';
import { takeFragmentCode } from './fragment-code.ts';

/** A link with a code that is opened while the screen stands. */
function useLinkedCode(firstCode: string | undefined): string | undefined {
  const [code, setCode] = useState(firstCode);
  useEffect(() => {
    const take = (): void => {
      const taken = takeFragmentCode(location, history);
      if (taken !== undefined) setCode(taken);
    };
    addEventListener('hashchange', take);
    return () => removeEventListener('hashchange', take);
  }, []);
  return code;
}

/** S1: whoever has the code from the console becomes the admin. What is typed stays when a try fails. */
export function ClaimScreen(props: {
  /** From the address that was opened. */
  readonly firstCode: string | undefined;
  readonly session: SessionView;
  readonly onAlreadyClaimed: () => void;
}): ReactNode {
  const { t } = useWords();
  const claim = useClaim();
  const fromLink = useLinkedCode(props.firstCode);
  const [typed, setTyped] = useState<Partial<ClaimValues>>({});
  const [hasTried, setTried] = useState(false);
  const values: ClaimValues = {
    code: typed.code ?? fromLink ?? '',
    user: typed.user ?? 'admin',
    password: typed.password ?? '',
  };
  const mistakes = claimMistakesOf(values);
  const isTaken = claim.problem?.body.code === 'session.already-claimed';
  const { branding } = props.session;
  const submit = (mayTry: boolean): void => {
    setTried(true);
    if (mayTry && isComplete(mistakes)) claim.run(values);
  };
  return (
    <SessionCard title={t('session.claim.title')} text={t('session.claim.text')}>
      {props.session.words !== undefined && <BoxWords words={props.session.words} />}
      <SessionForm
        problem={claim.problem}
        action={isTaken && <Button onClick={props.onAlreadyClaimed}>{t('session.claim.already')}</Button>}
        submit={t('session.claim.submit')}
        busy={claim.isBusy ? t('session.claim.busy') : undefined}
        onSubmit={submit}
      >
        <ClaimFields
          values={values}
          shown={hasTried ? mistakes : undefined}
          isFromLink={fromLink !== undefined && values.code === fromLink}
          names={[values.user, branding.name, branding.vendor]}
          onChange={(change) => setTyped({ ...typed, ...change })}
        />
      </SessionForm>
      {isTaken && <p className="mt-3 text-sm font-medium">{t('session.claim.somebody')}</p>}
      <Disclosure title={t('session.claim.noCode')} className="mt-4">
        <p className="text-sm text-muted">{t('session.claim.noCode.text')}</p>
      </Disclosure>
      <CertificateHelp />
    </SessionCard>
  );
}

interface ClaimFieldsProps {
  readonly values: ClaimValues;
  /** Mistakes, once somebody has tried. */
  readonly shown: ClaimMistakes | undefined;
  readonly isFromLink: boolean;
  /** What somebody who guesses a password here tries first. */
  readonly names: readonly string[];
  readonly onChange: (change: Partial<ClaimValues>) => void;
}

function ClaimFields(props: ClaimFieldsProps): ReactNode {
  const { t } = useWords();
  const { shown } = props;
  return (
    <>
      <CodeField
        value={props.values.code}
        isFromLink={props.isFromLink}
        onChange={(code) => props.onChange({ code })}
        error={
          shown?.missingCode === undefined
            ? undefined
            : t('session.claim.code.short', { n: shown.missingCode })
        }
      />
      <UserField
        label={t('session.claim.user')}
        help={t('session.claim.user.help')}
        error={shown?.isUserBad === true ? t('session.claim.user.bad') : undefined}
        maxLength={32}
        value={props.values.user}
        onChange={(user) => props.onChange({ user })}
      />
      <NewPasswordField
        label={t('session.claim.password')}
        help={t('session.claim.password.help')}
        name="password"
        strength={{ names: props.names, minLength: MIN_PASSWORD, isRule: true }}
        maxLength={256}
        value={props.values.password}
        onChange={(event) => props.onChange({ password: event.target.value })}
        error={
          shown?.missingPassword === undefined
            ? undefined
            : t('session.claim.password.short', { n: shown.missingPassword })
        }
      />
    </>
  );
}
