import type { NetworkTest } from 'host-service/contract/network/view.ts';
import { useState } from 'react';
import { useTestNetwork } from '../../../api/network.ts';
import type { PageProblem } from '../../../api/page-problem.ts';
import type { NetworkChange } from '../model/network-draft.ts';

/** What a test has found, and for which values. */
export interface TestResult {
  readonly test: NetworkTest;
  /** The change that was tested, as text to compare. */
  readonly of: string;
}

export interface Tests {
  readonly run: (host: string, change: NetworkChange | undefined) => void;
  /** The host that is being tried now. */
  readonly busy: string | undefined;
  readonly results: ReadonlyMap<string, TestResult>;
  /** Why the last try itself failed, and for which host. */
  readonly problem: { readonly host: string; readonly problem: PageProblem } | undefined;
}

export const changeText = (change: NetworkChange | undefined): string => JSON.stringify(change ?? {});

/** Tests of single hosts; one at a time. Results stay until the screen is left. */
export function useTests(): Tests {
  const action = useTestNetwork();
  const [results, setResults] = useState<ReadonlyMap<string, TestResult>>(new Map());
  const [host, setHost] = useState('');
  return {
    run: (asked, change) => {
      if (action.isBusy) return;
      setHost(asked);
      const body = { host: asked, ...(change === undefined ? {} : { change }) };
      action.run(body, (test) =>
        setResults((before) => new Map(before).set(asked, { test, of: changeText(change) })),
      );
    },
    busy: action.isBusy ? host : undefined,
    results,
    problem: action.problem === undefined ? undefined : { host, problem: action.problem },
  };
}
