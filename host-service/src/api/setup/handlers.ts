import { Problem } from '../../contract/problem.ts';
import type { Drafter, Handle, Session, Who } from '../../engine/handle/handle.ts';
import type { Handlers } from '../call.ts';

/** Who asks, as it is recorded. */
export const actorOf = ({ user, via }: Session, reason: string | undefined): Who['actor'] => ({
  ...{ by: user, via },
  ...(reason === undefined ? {} : { reason }),
});

type Setup = 'setup' | 'changeSetup' | 'approveSetup';

/** The draft of setup: takes apart the call, asks the handle. */
export function setupHandlers(handle: Handle): Pick<Handlers, Setup> {
  return {
    setup: async ({ header, signal }) => ({
      status: 200,
      json: await handle.setup(hostIn(header('host')), signal),
    }),
    changeSetup: async ({ session, header, body, signal }) => {
      const expected = draftRevisionOf(header('if-match'));
      if (expected === undefined)
        throw new Problem('request.precondition', 'If-Match: "<revision of the draft>" is needed');
      await handle.changeSetup(body, { actor: actorOf(session, undefined), expected }, signal);
      return { status: 200, json: await handle.setup(hostIn(header('host')), signal) };
    },
    approveSetup: async ({ session, header, query, body, signal }) => {
      const expected = draftRevisionOf(header('if-match'));
      const who: Drafter = { actor: actorOf(session, body.reason), expected };
      if (query.dry_run === '1') return { status: 200, json: await handle.previewSetup(body, who, signal) };
      return { status: 202, json: await handle.approveSetup(body, who, signal) };
    },
  };
}

/** `"123"`: a revision is what the cluster calls it. @throws Problem request.precondition when there is one that cannot be read */
function draftRevisionOf(ifMatch: string | undefined): string | undefined {
  if (ifMatch === undefined) return undefined;
  const [, revision] = /^\s*"([A-Za-z0-9._-]{1,128})"\s*$/.exec(ifMatch) ?? [];
  if (revision === undefined)
    throw new Problem('request.precondition', 'If-Match is not "<revision of the draft>"');
  return revision;
}

/** The name in a Host header, without its port. */
function hostIn(header: string | undefined): string | undefined {
  if (header === undefined || !/^[A-Za-z0-9.:[\]-]{1,255}$/.test(header)) return undefined;
  const url = URL.parse(`http://${header}`);
  const host = url?.hostname.replace(/^\[|\]$/g, '');
  return host === undefined || host === '' ? undefined : host;
}
