import type { Command } from 'commander';
import type { ApplianceStatus, ReleaseRef } from '../../contract/appliance.ts';
import type { OpenDesk } from '../desk/open.ts';
import { problemText, table } from '../objects/session.ts';
import { atDesk, readingVerb } from './command.ts';

const named = (release: ReleaseRef | undefined): string =>
  release === undefined ? 'none' : `${release.version}${release.signed ? '' : ' (UNSIGNED)'}`;

/** The status in plain words. */
export function statusText(status: ApplianceStatus): string {
  const { channel, operation, running, available, lastGood, phase, components, problems } = status;
  const facts = [
    ['state', phase],
    ['running', named(running)],
    ['last good', named(lastGood)],
    ['available', named(available)],
    ['channel', channel === undefined ? 'not asked yet' : channel.name],
    ['last answer', channel?.lastSuccessAt ?? 'none yet'],
    ['next look', channel?.nextCheckAt ?? 'now'],
    ...(operation === undefined
      ? []
      : [['operation', `${operation.verb} to ${operation.to ?? ''}: ${operation.now}`]]),
  ];
  const parts = components.map(({ title, state, detail }) => [`  ${title}`, state, detail]);
  return [
    table(facts),
    ...(parts.length === 0 ? [] : ['', 'parts', table(parts)]),
    ...(problems.length === 0
      ? []
      : ['', 'problems', ...problems.map((problem) => `  ${problemText(problem)}`)]),
  ].join('\n');
}

/** `appliance status`: what runs, what there is, what is wrong. */
export function registerStatus(program: Command, openDesk: OpenDesk): void {
  readingVerb(
    program,
    'status',
    'say which release runs, whether there is a better one, and what is wrong',
  ).action((raw: unknown) =>
    atDesk(openDesk, raw, async (desk, signal) => {
      const data = await desk.status(signal);
      const { status, cluster } = data;
      if (status === undefined) return { text: 'The control plane has not looked at this box yet.', data };
      const away = cluster.isConnected ? '' : `\n\nThe platform is out of sight since ${cluster.since}.`;
      return { text: `${statusText(status)}${away}`, data };
    }),
  );
}
