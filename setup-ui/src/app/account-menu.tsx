import type { Role } from 'host-service/contract/api/session.ts';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { useLogout } from '../api/mutations.ts';
import { Icon } from '../parts/basic/icon.tsx';
import { Menu } from '../parts/form/menu.tsx';
import { useWords } from '../words/words.tsx';

/** Who is signed in, what that person may do, and the way out. */
export function AccountMenu(props: { readonly user: string; readonly role: Role }): ReactNode {
  const { t } = useWords();
  const logout = useLogout();
  const [, go] = useLocation();
  return (
    <Menu
      label={t('shell.account', { user: props.user })}
      heading={
        <>
          <span className="block font-medium wrap-anywhere text-ink">{props.user}</span>
          {t(`shell.account.role.${props.role}`)}
        </>
      }
      items={[
        { label: t('shell.account.sessions'), icon: 'key', onSelect: () => go('/sessions') },
        {
          label: logout.isBusy ? t('shell.account.signingOut') : t('shell.account.signOut'),
          icon: 'lock',
          isDisabled: logout.isBusy,
          onSelect: () => logout.run(),
        },
      ]}
    >
      <Icon name="person" />
      <span className="max-sm:sr-only truncate">{props.user}</span>
    </Menu>
  );
}
