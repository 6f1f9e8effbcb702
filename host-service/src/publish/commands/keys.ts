import { type Command, Option } from 'commander';
import { createKey, createTrust, type KeyType } from '../sign/keys.ts';
import {
  action,
  collect,
  passwordOf,
  withPassword,
  type GlobalOptions,
  type PasswordOptions,
  type Shell,
} from './shared.ts';

interface CreateOptions extends GlobalOptions, PasswordOptions {
  readonly out: string;
  readonly id: string;
  readonly type: KeyType;
  readonly role: readonly string[];
}

interface TrustOptions extends GlobalOptions {
  readonly product: string;
  readonly key: readonly string[];
  readonly registry: readonly string[];
  readonly repository: readonly string[];
  readonly out: string;
}

function addCreate(keys: Command, shell: Shell): void {
  withPassword(keys.command('create'))
    .description('make a key pair; existing files are never overwritten')
    .requiredOption('--out <folder>', 'folder for <id>.key.pem and <id>.pub.pem')
    .requiredOption('--id <id>', 'name of the key, as trust documents and people use it')
    .requiredOption('--role <role>', 'what it is for: root, release, channel, gate; several times', collect)
    .addOption(new Option('--type <type>', 'kind of key').choices(['p256', 'ed25519']).default('p256'))
    .action(
      action<CreateOptions>(shell, async (options) => {
        const password = passwordOf(shell.context, options);
        const files = await createKey({ id: options.id, out: options.out, type: options.type, password });
        const trust = `${files.id}=${files.publicKey}:${options.role.join(',')}`;
        return {
          value: { ...files, roles: options.role, encrypted: password !== undefined, trust },
          lines: [
            `Private key: ${files.privateKey}${password === undefined ? ' (not encrypted)' : ''}`,
            `Public key:  ${files.publicKey}`,
            `Trust it with: --key ${trust}`,
          ],
        };
      }),
    );
}

function addTrust(keys: Command, shell: Shell): void {
  keys
    .command('trust')
    .description('write the trust document that goes onto the boxes')
    .requiredOption('--product <id>', 'product that the keys are for')
    .requiredOption(
      '--key <id=file:roles>',
      'public key with its roles, comma-separated; several times',
      collect,
    )
    .requiredOption('--registry <host>', 'registry from which may be pulled; several times', collect)
    .requiredOption(
      '--repository <pattern>',
      'host/path, /* at its end for all below; several times',
      collect,
    )
    .requiredOption('--out <file>', 'file to write')
    .action(
      action<TrustOptions>(shell, async ({ product, key, registry, repository, out }) => {
        const trust = await createTrust({
          product,
          keys: key,
          registries: registry,
          repositories: repository,
          out,
        });
        const keys = trust.keys.map(({ id, roles }) => ({ id, roles }));
        return {
          value: { out, product, version: trust.version, keys },
          lines: [`Trust document: ${out}`, ...keys.map(({ id, roles }) => `  ${id}: ${roles.join(', ')}`)],
        };
      }),
    );
}

/** `keys create` and `keys trust`. */
export function addKeysCommands(program: Command, shell: Shell): void {
  const keys = program
    .command('keys')
    .description('signing keys, and the trust document made of their public halves');
  addCreate(keys, shell);
  addTrust(keys, shell);
}
