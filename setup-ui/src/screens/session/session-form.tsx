import type { ReactNode } from 'react';
import type { PageProblem } from '../../api/page-problem.ts';
import { Button } from '../../parts/basic/button.tsx';
import { SessionProblem, useLockedMs } from './session-problem.tsx';

/** The one form of a screen before the sign-in: its fields, why a try did not work, and the button. */
export function SessionForm(props: {
  readonly problem: PageProblem | undefined;
  /** What a person can do about the problem here. */
  readonly action?: ReactNode;
  readonly submit: string;
  /** What is going on, as a sentence. */
  readonly busy: string | undefined;
  /** Also called while nothing may be tried: mistakes are shown all the same. */
  readonly onSubmit: (mayTry: boolean) => void;
  readonly children: ReactNode;
}): ReactNode {
  const { problem, action, submit, busy, onSubmit, children } = props;
  const lockedMs = useLockedMs(problem);
  return (
    <form
      noValidate
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(lockedMs === undefined);
      }}
    >
      {children}
      <SessionProblem problem={problem} lockedMs={lockedMs} action={action} />
      <Button type="submit" kind="primary" className="w-full" isDisabled={lockedMs !== undefined} busy={busy}>
        {submit}
      </Button>
    </form>
  );
}
