import type { Command } from 'commander';
import { Role } from '../../contract/api/session.ts';
import { addUser, listUsers, removeUser, setPassword } from '../../engine/access/users.ts';
import { optionsOf, table, withCluster } from '../objects/session.ts';
import {
  AccessOptions,
  accessPartsOf,
  PasswordOptions,
  passwordIn,
  withAccessOptions,
  withPasswordOptions,
} from './options.ts';

/** `appliance users …`: who may sign in. */
export function registerUsers(program: Command): void {
  const users = program.command('users').description('show and change who may sign in');
  registerList(users);
  registerAdd(users);
  registerRemove(users);
  registerSetPassword(users);
}

function registerList(users: Command): void {
  withAccessOptions(users.command('list').description('show all users')).action((raw: unknown) => {
    const options = optionsOf(AccessOptions, raw);
    return withCluster(options, async (cluster, signal) => {
      const data = await listUsers(accessPartsOf(cluster, options), signal);
      const rows = data.map(({ name, role, changedAt }) => [name, role, changedAt]);
      const text =
        data.length === 0 ? 'There are no users.' : table([['NAME', 'ROLE', 'PASSWORD SET'], ...rows]);
      return { text, data: { users: data } };
    });
  });
}

function registerAdd(users: Command): void {
  withPasswordOptions(users.command('add').description('add a user').argument('<name>', 'user name'))
    .requiredOption('--role <role>', 'admin or viewer')
    .action((user: string, raw: unknown) => {
      const { role, passwordFile, ...options } = optionsOf(PasswordOptions.extend({ role: Role }), raw);
      return withCluster(options, async (cluster, signal) => {
        const request = { user, role, password: passwordIn(passwordFile) };
        await addUser(accessPartsOf(cluster, options), request, signal);
        return { text: `${user} may sign in as ${role}.`, data: { name: user, role } };
      });
    });
}

function registerRemove(users: Command): void {
  withAccessOptions(
    users
      .command('remove')
      .description('take a user away, and end the sessions')
      .argument('<name>', 'user name'),
  ).action((user: string, raw: unknown) => {
    const options = optionsOf(AccessOptions, raw);
    return withCluster(options, async (cluster, signal) => {
      await removeUser(accessPartsOf(cluster, options), user, signal);
      return { text: `${user} may not sign in any more.`, data: { name: user, removed: true } };
    });
  });
}

function registerSetPassword(users: Command): void {
  withPasswordOptions(
    users
      .command('set-password')
      .description('set a new password, and end the sessions of before')
      .argument('<name>', 'user name'),
  ).action((user: string, raw: unknown) => {
    const { passwordFile, ...options } = optionsOf(PasswordOptions, raw);
    return withCluster(options, async (cluster, signal) => {
      await setPassword(
        accessPartsOf(cluster, options),
        { user, password: passwordIn(passwordFile) },
        signal,
      );
      return { text: `${user} has a new password.`, data: { name: user, changed: true } };
    });
  });
}
