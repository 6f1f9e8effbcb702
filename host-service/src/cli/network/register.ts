import type { Command } from 'commander';
import { NetworkTestRequest } from '../../contract/network/view.ts';
import { Problem } from '../../contract/problem.ts';
import type { OpenDesk } from '../desk/open.ts';
import { optionsOf } from '../objects/session.ts';
import { askedOf, atDesk, changingVerb, readingVerb, withAskOptions } from '../verbs/command.ts';
import { changeGiven, NetworkOptions } from './given.ts';
import { previewTold, testSaid, viewSaid } from './network-text.ts';

const collect = (text: string, before: readonly string[]): string[] => [...before, text];

const withNetworkOptions = (command: Command): Command =>
  command
    .option('--proxy <address>', 'proxy for everything that leaves the box, without user and password')
    .option('--no-proxy', 'no proxy')
    .option('--bypass <list>', 'names and networks that are reached without the proxy; goes with --proxy')
    .option('--proxy-credential <user:file>', 'password for the proxy from a file, or - for the input')
    .option('--no-proxy-credential', 'the proxy wants no password')
    .option('--authorities <file>', 'certificates of authorities that are trusted as well (PEM)')
    .option('--no-authorities', 'trust only the public authorities')
    .option('--resolver <address>', 'name server; may be repeated', collect, [])
    .option('--no-resolvers', 'name servers as the network gives them')
    .option('--time-server <name>', 'time server; may be repeated', collect, [])
    .option('--no-time-servers', 'time servers as the network gives them')
    .option(
      '--mirror <host=address>',
      'ask this address first; without one none; may be repeated',
      collect,
      [],
    )
    .option(
      '--credential <host=user:file>',
      'password for a registry; without one none; may be repeated',
      collect,
      [],
    );

/** `appliance network show|set|test`: how this box goes to other hosts. */
export function registerNetwork(program: Command, openDesk: OpenDesk): void {
  const network = program.command('network').description('how this box goes to other hosts');
  readingVerb(network, 'show', 'show proxy, authorities, mirrors and the hosts that are needed').action(
    (raw: unknown) =>
      atDesk(openDesk, raw, async (desk, signal) => viewSaid(await desk.network.view(signal))),
  );
  withNetworkOptions(
    changingVerb(network, 'set', 'change it; only what is given changes, and nothing restarts'),
  ).action(async (raw: unknown) => {
    const options = optionsOf(NetworkOptions, raw);
    const change = await changeGiven(options);
    return atDesk(openDesk, raw, async (desk, signal) => {
      if (options.dryRun) return previewTold(await desk.network.preview(change, askedOf(options), signal));
      const data = await desk.network.change(change, askedOf(options), signal);
      return { text: `Changed (intent revision ${data.intentRevision}).`, data };
    });
  });
  withNetworkOptions(
    withAskOptions(readingVerb(network, 'test', 'go to one host; options propose what need not be saved')),
  )
    .argument('<host>', 'host that the release or the licence service needs')
    .action(async (host: string, raw: unknown) => {
      const change = await changeGiven(optionsOf(NetworkOptions, raw));
      const request = NetworkTestRequest.safeParse({ host, change });
      if (!request.success) throw new Problem('request.invalid', 'this is not a host, with or without port');
      return atDesk(openDesk, raw, async (desk, signal) =>
        testSaid(await desk.network.test(request.data, signal)),
      );
    });
}
