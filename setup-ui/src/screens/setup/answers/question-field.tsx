import type { SetupQuestion } from 'host-service/contract/api/setup.ts';
import { useId, type ChangeEvent, type ComponentPropsWithRef, type ReactNode } from 'react';
import { useSession } from '../../../api/queries.ts';
import { Button } from '../../../parts/basic/button.tsx';
import { Icon } from '../../../parts/basic/icon.tsx';
import { Field, TextInput } from '../../../parts/form/field.tsx';
import { NewPasswordField } from '../../../parts/form/strength/new-password-field.tsx';
import { PasswordField } from '../../../parts/form/password-field.tsx';
import { RadioCards } from '../../../parts/form/radio-cards.tsx';
import { useWords } from '../../../words/words.tsx';
import { isSecret } from '../model/slots.ts';
import { fieldIdOf } from './derive-questions.ts';
import { FileField } from './file-field.tsx';

export interface QuestionProps {
  readonly question: SetupQuestion;
  readonly value: string;
  readonly error: string | undefined;
  readonly isReadOnly: boolean;
  /** That it stays after the installation is told for the whole block. */
  readonly isStayingTold: boolean;
  /** A keystroke. */
  readonly onType: (value: string) => void;
  /** A whole answer at once: a choice, a proposal, or null to take it away. */
  readonly onChoose: (value: string | null) => void;
  readonly onLeave: () => void;
}

const INPUTS: Readonly<Record<string, ComponentPropsWithRef<'input'>>> = {
  text: { type: 'text', autoComplete: 'off' },
  email: {
    type: 'email',
    autoComplete: 'off',
    inputMode: 'email',
    autoCapitalize: 'none',
    spellCheck: false,
  },
  url: { type: 'url', autoComplete: 'off', inputMode: 'url', autoCapitalize: 'none', spellCheck: false },
};

/** One question of the product, as its type asks for. Title and help are in the vendor's words. */
export function QuestionField(props: QuestionProps): ReactNode {
  const { question } = props;
  return (
    <div id={fieldIdOf(question.name)} data-question={question.name} className="scroll-mt-6 space-y-2">
      <Control {...props} />
      <Proposals {...props} />
      <Stored {...props} />
    </div>
  );
}

function Control(props: QuestionProps): ReactNode {
  const { t } = useWords();
  const { question, value, error, isReadOnly, onType, onChoose, onLeave } = props;
  const branding = useSession().data?.branding;
  const names = branding === undefined ? [] : [branding.name, branding.vendor];
  const label = question.required ? question.title : `${question.title} (${t('common.optional')})`;
  const help = helpOf(props, t('setup.question.stays'));
  const looks = 'read-only:bg-sunken read-only:text-muted';
  const common = {
    value,
    readOnly: isReadOnly,
    maxLength: question.maxLength,
    onBlur: onLeave,
    className: looks,
  };
  switch (question.type) {
    case 'choice':
      return (
        <RadioCards
          legend={label}
          value={value}
          isDisabled={isReadOnly}
          options={(question.choices ?? []).map((choice) => ({ value: choice, title: choice }))}
          onChange={onChoose}
        />
      );
    case 'file':
      return (
        <FileField label={label} help={help} error={error} isReadOnly={isReadOnly} onChoose={onChoose} />
      );
    case 'password':
    case 'secret': {
      const secret = {
        ...common,
        ...{ label, help, error, autoComplete: 'new-password', 'aria-required': question.required },
        onChange: (event: ChangeEvent<HTMLInputElement>) => onType(event.target.value),
      };
      if (question.type === 'secret') return <PasswordField {...secret} />;
      return (
        <NewPasswordField
          {...secret}
          strength={{ names, minLength: question.minLength ?? 1, isRule: false }}
        />
      );
    }
    default:
      return (
        <Field label={label} help={help} error={error}>
          {(wiring) => (
            <TextInput
              {...wiring}
              {...common}
              {...INPUTS[question.type]}
              aria-required={question.required}
              onChange={(event) => onType(event.target.value)}
            />
          )}
        </Field>
      );
  }
}

/** The vendor's help, and that the answer stays after the installation; undefined when there is nothing to say. */
function helpOf({ question, isStayingTold }: QuestionProps, stays: string): string | undefined {
  const isTold = question.editable || isStayingTold || isSecret(question);
  const text = [question.help, isTold ? undefined : stays].filter((each) => each !== undefined).join(' ');
  return text === '' ? undefined : text;
}

/** Ready-made answers; one click takes one over. */
function Proposals(props: QuestionProps): ReactNode {
  const { t } = useWords();
  const id = useId();
  const { question, value, isReadOnly, onChoose } = props;
  const others = question.proposals.filter((proposal) => proposal !== value.trim());
  if (isReadOnly || others.length === 0) return null;
  return (
    <div role="group" aria-labelledby={id} className="flex flex-wrap items-center gap-2 text-sm">
      <span id={id} className="text-muted">
        {t('setup.question.proposals')}
      </span>
      {others.map((proposal) => (
        <Button key={proposal} onClick={() => onChoose(proposal)} className="font-normal">
          {proposal}
        </Button>
      ))}
    </div>
  );
}

/** That a secret lies on the box, without showing it. */
function Stored(props: QuestionProps): ReactNode {
  const { t } = useWords();
  const { question, value, isReadOnly, onChoose } = props;
  if (!isSecret(question) || !question.isAnswered || value !== '') return null;
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
      <span data-stored={question.name} className="flex items-center gap-1.5 text-good">
        <Icon name="lock" />
        {t('setup.question.stored')}
      </span>
      {!isReadOnly && (
        <Button
          kind="quiet"
          className="min-h-6 px-1.5 py-0.5"
          aria-label={t('setup.question.remove-what', { what: question.title })}
          onClick={() => onChoose(null)}
        >
          {t('setup.question.remove')}
        </Button>
      )}
    </div>
  );
}
