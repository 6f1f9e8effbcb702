import type { StatusView } from 'host-service/contract/api/status.ts';
import { channelTitle, openOperation, wantedChannel } from '../model/facts.ts';
import { saying, type Saying } from '../model/saying.ts';

/** What somebody else changed between what the person has seen and what is now (problem request.conflict). */
export function changedOf(seen: StatusView, now: StatusView): readonly Saying[] {
  const changes: Saying[] = [];
  const [from, to] = [wantedChannel(seen), wantedChannel(now)];
  if (from !== to) {
    const values = { from: channelTitle(seen, from), to: channelTitle(now, to) };
    changes.push(saying('overview.changed.channel', values));
  }
  if (seen.intent.hold !== now.intent.hold)
    changes.push(saying(`overview.changed.${now.intent.hold ? 'hold' : 'unhold'}`));
  if (seen.intent.pin !== now.intent.pin)
    changes.push(saying(`overview.changed.${now.intent.pin === undefined ? 'unpin' : 'pin'}`));
  if (now.intent.approvedRelease !== undefined && seen.intent.approvedRelease !== now.intent.approvedRelease)
    changes.push(saying('overview.changed.approved'));
  if (differs(seen.updatePolicy, now.updatePolicy)) changes.push(saying('overview.changed.policy'));
  if (differs(seen.settings, now.settings)) changes.push(saying('overview.changed.settings'));
  const runs = [seen.status?.running?.version ?? '–', now.status?.running?.version ?? '–'] as const;
  if (runs[0] !== runs[1]) changes.push(saying('overview.changed.running', { from: runs[0], to: runs[1] }));
  const open = openOperation(now);
  if (open !== undefined && open.name !== openOperation(seen)?.name)
    changes.push(saying('overview.changed.operation'));
  if (changes.length === 0 && seen.intentRevision !== now.intentRevision)
    changes.push(saying('overview.changed.other'));
  return changes;
}

/** Flat records only, whatever the order of their members. */
function differs(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].some((key) => a[key] !== b[key]);
}
