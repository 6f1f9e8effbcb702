import type { ReactNode } from 'react';
import { Disclosure } from '../../parts/basic/disclosure.tsx';
import { useWords } from '../../words/words.tsx';

/** What the browser's warning about the certificate means, how to compare, what to do when it differs. */
export function CertificateHelp(): ReactNode {
  const { t } = useWords();
  return (
    <div className="mt-5 space-y-2 border-t border-line pt-4 text-sm">
      <p>{t('session.certificate.short')}</p>
      <Disclosure title={t('session.certificate.title')}>
        <div className="space-y-2 text-muted">
          <p>{t('session.certificate.means')}</p>
          <p>{t('session.certificate.compare')}</p>
          <p>{t('session.certificate.differs')}</p>
        </div>
      </Disclosure>
    </div>
  );
}
