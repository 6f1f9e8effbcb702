import { useState, type ReactNode } from 'react';
import { useLogin } from '../../api/mutations.ts';
import { Button } from '../../parts/basic/button.tsx';
import { Field, TextInput } from '../../parts/form/field.tsx';
import { PasswordField } from '../../parts/form/password-field.tsx';
import { useWords } from '../../words/words.tsx';
import { SessionCard } from '../session/session-card.tsx';
import { SessionProblem, useLockedMs } from '../session/session-problem.tsx';

/** Sign-in. What is typed stays when a try fails. */
export function LoginScreen(): ReactNode {
  const { t } = useWords();
  const login = useLogin();
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [hasTried, setTried] = useState(false);
  const lockedMs = useLockedMs(login.problem);
  const missing = (value: string): string | undefined =>
    hasTried && value === '' ? t('session.login.missing') : undefined;
  return (
    <SessionCard title={t('session.login.title')} text={t('session.login.text')}>
      <form
        noValidate
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (user !== '' && password !== '' && lockedMs === undefined)
            login.run({ user: user.trim(), password });
        }}
      >
        <Field label={t('session.login.user')} error={missing(user)}>
          {(wiring) => (
            <TextInput
              {...wiring}
              name="username"
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              maxLength={64}
              value={user}
              onChange={(event) => setUser(event.target.value)}
            />
          )}
        </Field>
        <PasswordField
          label={t('session.login.password')}
          name="password"
          autoComplete="current-password"
          maxLength={256}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          error={missing(password)}
        />
        <SessionProblem problem={login.problem} lockedMs={lockedMs} />
        <Button
          type="submit"
          kind="primary"
          className="w-full"
          isDisabled={lockedMs !== undefined}
          busy={login.isBusy ? t('session.login.busy') : undefined}
        >
          {t('session.login.submit')}
        </Button>
      </form>
    </SessionCard>
  );
}
