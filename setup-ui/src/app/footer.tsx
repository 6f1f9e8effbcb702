import { useId, type ChangeEvent, type ReactNode } from 'react';
import { useVersion } from '../api/queries.ts';
import { LOCALE_NAMES, LOCALES, type Locale } from '../words/locale.ts';
import { useChooseLocale, useWords } from '../words/words.tsx';
import { THEMES, type Theme } from './look/theme.ts';

/** Build of this page, from the document: written there when it was built. */
const ownBuild = (): string =>
  typeof document === 'undefined'
    ? 'dev'
    : (document.querySelector<HTMLMetaElement>('meta[name=ui-build]')?.content ?? 'dev');

function Choice<V extends string>(props: {
  readonly label: string;
  readonly value: V;
  readonly options: readonly (readonly [V, string])[];
  readonly onChange: (value: V) => void;
}): ReactNode {
  const id = useId();
  const change = (event: ChangeEvent<HTMLSelectElement>): void => {
    const found = props.options.find(([value]) => value === event.target.value);
    if (found !== undefined) props.onChange(found[0]);
  };
  return (
    <span className="inline-flex items-center gap-1.5">
      <label htmlFor={id}>{props.label}</label>
      <select
        id={id}
        value={props.value}
        onChange={change}
        className="min-h-8 rounded-md border border-edge bg-field px-2 py-1 text-ink"
      >
        {props.options.map(([value, title]) => (
          <option key={value} value={value}>
            {title}
          </option>
        ))}
      </select>
    </span>
  );
}

/** Which build this is and how the page speaks and looks. */
export function Footer(props: {
  readonly theme: Theme;
  readonly onTheme: (theme: Theme) => void;
}): ReactNode {
  const { t, locale } = useWords();
  const chooseLocale = useChooseLocale();
  const version = useVersion().data;
  const locales: readonly Locale[] = __GALLERY__ ? [...LOCALES, 'qps'] : LOCALES;
  return (
    <footer aria-label={t('shell.footer')} className="border-t border-line text-xs text-muted">
      <div className="mx-auto flex max-w-5xl flex-wrap items-center justify-between gap-x-6 gap-y-2 px-3 py-3 sm:px-4">
        <p className="flex flex-wrap gap-x-4 gap-y-0.5 wrap-anywhere">
          <span>{t('shell.footer.page', { build: ownBuild() })}</span>
          {version !== undefined && (
            <span>{t('shell.footer.server', { version: version.version, build: version.build })}</span>
          )}
        </p>
        <div className="flex flex-wrap gap-x-4 gap-y-2">
          <Choice
            label={t('shell.footer.language')}
            value={locale}
            options={locales.map((each) => [each, LOCALE_NAMES[each]] as const)}
            onChange={chooseLocale}
          />
          <Choice
            label={t('shell.footer.theme')}
            value={props.theme}
            options={THEMES.map((each) => [each, t(`shell.theme.${each}`)] as const)}
            onChange={props.onTheme}
          />
        </div>
      </div>
    </footer>
  );
}
