import type { IntentPreview } from 'host-service/contract/api/intent.ts';
import type { ReactNode } from 'react';
import { ProblemNotice } from '../../../parts/notice/problem-notice.tsx';
import { useWords } from '../../../words/words.tsx';
import { Said } from '../model/said.tsx';
import type { FieldFacts } from './derive-fields.ts';
import { touchedOf } from './derive-touches.ts';

/** Each changed answer, what of the application it touches, and what stands against it. */
export function WhatItTouches(props: {
  readonly preview: IntentPreview;
  readonly fields: readonly FieldFacts[];
}): ReactNode {
  const { t } = useWords();
  const { preview, fields } = props;
  const rows = touchedOf(preview, fields);
  return (
    <>
      {rows.length === 0 && <p>{t('overview.settings.nothing')}</p>}
      <ul className="space-y-3">
        {rows.map(({ key, title, change, says }) => (
          <li key={key} data-touches={key} className="space-y-0.5 wrap-anywhere">
            <p className="font-medium">{title}</p>
            <p>
              <Said of={change} />
            </p>
            {says.map((one) => (
              <p key={one.key} className="text-muted">
                <Said of={one} />
              </p>
            ))}
          </li>
        ))}
      </ul>
      {preview.problem !== undefined && (
        <>
          <p>{t('overview.preview.against')}</p>
          <ProblemNotice problem={preview.problem} />
        </>
      )}
    </>
  );
}
