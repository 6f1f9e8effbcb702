import type { Command } from 'commander';
import { makeClaimCode } from '../../engine/access/claim-code.ts';
import { optionsOf, withCluster } from '../objects/session.ts';
import { AccessOptions, accessPartsOf, withAccessOptions } from './options.ts';

/** `appliance claim-code`: a new code for a box that has no owner. */
export function registerClaimCode(program: Command): void {
  withAccessOptions(
    program
      .command('claim-code')
      .description('make a new claim code and print it; the one before opens nothing any more'),
  ).action((raw: unknown) => {
    const options = optionsOf(AccessOptions, raw);
    return withCluster(options, async (cluster, signal) => {
      const code = await makeClaimCode(accessPartsOf(cluster, options), signal);
      return { text: code, data: { code } };
    });
  });
}
