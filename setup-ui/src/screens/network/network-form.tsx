import type { NetworkView } from 'host-service/contract/network/view.ts';
import { useState, type ReactNode } from 'react';
import { generalGateOf, type Standing } from '../overview/model/gates.ts';
import { AuthoritiesSection } from './authorities/authorities-section.tsx';
import type { NetworkForm } from './model/form.ts';
import { mistakesOf } from './model/network-draft.ts';
import { useNetworkDraft } from './model/use-network-draft.ts';
import { ProxySection } from './proxy-section.tsx';
import { HostsSection } from './registries/hosts-section.tsx';
import { useTests } from './registries/use-tests.ts';
import { Rejected } from './rejected.tsx';
import { SaveBar } from './save/save-bar.tsx';
import { ServersSections } from './servers-section.tsx';

/** All of the form: nothing is saved by leaving a field, because a half-typed proxy would cut the box off. */
export function NetworkFormView(props: {
  readonly view: NetworkView;
  readonly standing: Standing;
}): ReactNode {
  const { view, standing } = props;
  const [draft, change] = useNetworkDraft();
  const [hasTried, setTried] = useState(false);
  const tests = useTests();
  const mistakes = mistakesOf(view, draft);
  const form: NetworkForm = {
    view,
    draft,
    isReadOnly: !standing.isAdmin,
    mistakes: hasTried ? mistakes : new Map(),
    change: (next) => {
      setTried(false);
      change(next);
    },
  };
  return (
    <form
      noValidate
      className="space-y-5"
      onSubmit={(event) => event.preventDefault()}
      onBlur={() => setTried(mistakes.size > 0)}
    >
      <Rejected rows={view.rejected} />
      <HostsSection form={form} tests={tests} />
      <ProxySection form={form} />
      <AuthoritiesSection form={form} />
      <ServersSections form={form} />
      {standing.isAdmin && (
        <SaveBar
          form={form}
          gate={generalGateOf(standing)}
          mistakes={mistakes}
          onTry={() => setTried(true)}
        />
      )}
    </form>
  );
}
