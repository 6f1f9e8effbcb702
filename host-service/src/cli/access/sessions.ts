import type { Command } from 'commander';
import { z } from 'zod';
import { Problem } from '../../contract/problem.ts';
import { endSessions, listSessions } from '../../engine/access/sessions/list.ts';
import { optionsOf, table, withCluster } from '../objects/session.ts';
import { AccessOptions, accessPartsOf, withAccessOptions } from './options.ts';

/** `appliance sessions …`: who is signed in with a browser. Sessions of commands end by themselves after five minutes and are in no list. */
export function registerSessions(program: Command): void {
  const sessions = program.command('sessions').description('show and end the sessions of browsers');
  withAccessOptions(sessions.command('list').description('show who is signed in, and with what')).action(
    (raw: unknown) => {
      const options = optionsOf(AccessOptions, raw);
      return withCluster(options, async (cluster, signal) => {
        const data = await listSessions(accessPartsOf(cluster, options), signal);
        const rows = data.map(({ id, user, role, device, since }) => [id, user, role, device, since]);
        const text =
          data.length === 0
            ? 'Nobody is signed in.'
            : table([['ID', 'USER', 'ROLE', 'DEVICE', 'SINCE'], ...rows]);
        return { text, data: { sessions: data } };
      });
    },
  );
  registerRevoke(sessions);
}

function registerRevoke(sessions: Command): void {
  withAccessOptions(
    sessions
      .command('revoke')
      .description('end a session: within seconds that browser is at the sign-in page')
      .argument('[id]', 'as sessions list shows it')
      .option('--all', 'end all of them'),
  ).action((id: string | undefined, raw: unknown) => {
    const { all, ...options } = optionsOf(AccessOptions.extend({ all: z.boolean().default(false) }), raw);
    if ((id === undefined) !== all) throw new Problem('request.invalid', 'name one session, or give --all');
    return withCluster(options, async (cluster, signal) => {
      const which = id === undefined ? ({ all: true } as const) : { id };
      await endSessions(accessPartsOf(cluster, options), which, signal);
      const text = id === undefined ? 'All sessions of browsers are over.' : 'The session is over.';
      return { text, data: id === undefined ? { all: true } : { id } };
    });
  });
}
