import { rm } from 'node:fs/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import { writeNewSecretFile } from '../../edges/files/secret-file.ts';
import { setWebhookSecret } from '../../engine/access/webhook.ts';
import { optionsOf, withCluster } from '../objects/session.ts';
import { AccessOptions, accessPartsOf, withAccessOptions } from './options.ts';

const SECRET_BYTES = 32;

/** `appliance webhook-secret`: a new shared secret for wake-up calls, into a file. */
export function registerWebhookSecret(program: Command): void {
  withAccessOptions(
    program
      .command('webhook-secret')
      .description('make a new shared secret for wake-up calls; the one before is good no more'),
  )
    .requiredOption('--out <file>', 'new file for it, readable by this user only')
    .action((raw: unknown) => {
      const { out, ...options } = optionsOf(AccessOptions.extend({ out: z.string().min(1) }), raw);
      return withCluster(options, async (cluster, signal) => {
        const parts = accessPartsOf(cluster, options);
        const secret = Buffer.from(parts.random.bytes(SECRET_BYTES)).toString('base64url');
        // First the file: a secret that nobody could keep must not replace the one that works.
        await writeNewSecretFile(out, secret);
        try {
          await setWebhookSecret(parts, secret, signal);
        } catch (error) {
          await rm(out, { force: true });
          throw error;
        }
        return { text: `The new secret is in ${out}.`, data: { file: out } };
      });
    });
}
