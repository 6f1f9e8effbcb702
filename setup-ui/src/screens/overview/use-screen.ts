import type { StatusView } from 'host-service/contract/api/status.ts';
import { useFreshness } from '../../api/api-context.tsx';
import { useSession } from '../../api/queries.ts';
import type { AskContext } from './asking/ask-button.tsx';
import { useAsking, type Asking } from './asking/use-asking.ts';
import type { Standing } from './model/gates.ts';

/** Who looks, and whether the box answers. */
export function useStanding(): Standing {
  const session = useSession();
  const freshness = useFreshness();
  return { isAdmin: session.data?.role === 'admin', isOffline: freshness.kind === 'offline' };
}

/** The product's name, from the session, so that it is there before the status. */
export const useProductName = (): string => useSession().data?.branding.name ?? '';

/** Brings the questions of the product into sight and the focus into the first of them. */
export function showSettings(): void {
  const card = document.getElementById('settings');
  const details = card?.querySelector('details') ?? null;
  if (details !== null) details.open = true;
  card?.scrollIntoView({ block: 'start' });
  card?.querySelector<HTMLElement>('input:not([readonly])')?.focus({ preventScroll: true });
}

/** Dialogs of a screen, and what its buttons need. */
export function useAskContext(
  view: StatusView | undefined,
  standing: Standing,
  openSettings: () => void,
): { readonly asking: Asking; readonly context: AskContext | undefined } {
  const asking = useAsking(view, openSettings);
  const context =
    view === undefined ? undefined : { view, standing, onAsk: asking.ask, isChecking: asking.check.isBusy };
  return { asking, context };
}
