import { useState, type ReactNode } from 'react';
import { useWasSignedOut } from '../../api/account/sessions.ts';
import { useLogin } from '../../api/mutations.ts';
import { PasswordField } from '../../parts/form/password-field.tsx';
import { useWords } from '../../words/words.tsx';
import { SessionCard } from '../session/session-card.tsx';
import { SessionForm } from '../session/session-form.tsx';
import { UserField } from '../session/user-field.tsx';

/** Sign-in. What is typed stays when a try fails. */
export function LoginScreen(): ReactNode {
  const { t } = useWords();
  const login = useLogin();
  const wasSignedOut = useWasSignedOut();
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [hasTried, setTried] = useState(false);
  const missing = (value: string): string | undefined =>
    hasTried && value === '' ? t('session.login.missing') : undefined;
  const submit = (mayTry: boolean): void => {
    setTried(true);
    if (mayTry && user !== '' && password !== '') login.run({ user: user.trim(), password });
  };
  return (
    <SessionCard title={t('session.login.title')} text={t('session.login.text')}>
      {wasSignedOut && (
        <p role="status" className="mb-4 rounded-md border border-warn-line bg-warn-soft p-3 text-sm">
          {t('session.login.signedOut')}
        </p>
      )}
      <SessionForm
        problem={login.problem}
        submit={t('session.login.submit')}
        busy={login.isBusy ? t('session.login.busy') : undefined}
        onSubmit={submit}
      >
        <UserField
          label={t('session.login.user')}
          error={missing(user)}
          maxLength={64}
          value={user}
          onChange={setUser}
        />
        <PasswordField
          label={t('session.login.password')}
          name="password"
          autoComplete="current-password"
          maxLength={256}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          error={missing(password)}
        />
      </SessionForm>
    </SessionCard>
  );
}
