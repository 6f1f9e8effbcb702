import { Problem } from '../../contract/problem.ts';
import type { Clock, KubeObject, Log } from '../../engine/ports.ts';
import type { IdentityFiles, Signing } from '../ports.ts';
import { IDENTITY_GROUP, IDENTITY_SECONDS, isDue, userOf } from './due.ts';

const KIND = { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest' } as const;
/** Milliseconds: how long the signer may take, and between looks. */
const SIGNED = { longestMs: 30_000, everyMs: 500 } as const;

interface Parts {
  readonly files: IdentityFiles;
  readonly signing: Signing;
  readonly clock: Clock;
  readonly log: Log;
  readonly node: string;
  /** The platform does not accept the present one. */
  readonly isRefused: boolean;
}

/**
 * Makes this host's identity when it is due: a key that stays here, a request that is signed by the platform itself and approved by its admin, who
 * stands at this host (the boot script, or this program as root). The one in use counts until the new one is whole.
 *
 * @throws Problem agent.identity, cluster.*, config.*
 */
export async function renewIdentity(parts: Parts, signal: AbortSignal): Promise<'kept' | 'renewed'> {
  const { files, signing, clock, log, node, isRefused } = parts;
  const user = userOf(node);
  const isGood = !isRefused && !isDue(files.present(), user, clock.now()) && files.leadsToTheSame();
  if (isGood) return 'kept';
  const prepared = files.prepare({ user, group: IDENTITY_GROUP });
  // Two at once (this program and the boot script) are two requests; the file that is written last counts.
  const salt = Math.floor(clock.random() * 36 ** 4).toString(36);
  const name = `appliance-agent-${node}-${clock.now().getTime().toString(36)}-${salt}`;
  const made = await signing.create(
    {
      ...KIND,
      metadata: { name },
      spec: {
        request: btoa(prepared.request),
        signerName: 'kubernetes.io/kube-apiserver-client',
        expirationSeconds: IDENTITY_SECONDS,
        usages: ['digital signature', 'client auth'],
      },
    },
    signal,
  );
  try {
    await signing.approve(approved(made, clock.now()), signal);
    await prepared.keep(await certificateOf(parts, name, signal));
    log.info('identity of this host made', { user });
  } finally {
    // Nobody else needs it; the platform would remove it after an hour.
    await signing.remove(name, signal).catch(() => undefined);
  }
  return 'renewed';
}

function approved(object: KubeObject, now: Date): KubeObject {
  const condition = {
    ...{ type: 'Approved', status: 'True', reason: 'ApplianceHost' },
    message: 'asked for and approved at the host itself',
    lastUpdateTime: now.toISOString().replace(/\.\d+Z$/, 'Z'),
  };
  return { ...object, status: { conditions: [condition] } };
}

async function certificateOf({ signing, clock }: Parts, name: string, signal: AbortSignal): Promise<string> {
  const since = clock.monotonic();
  for (;;) {
    const status = (await signing.get(name, signal))?.['status'];
    const said = typeof status === 'object' && status !== null ? status : {};
    const certificate = 'certificate' in said ? said.certificate : undefined;
    if (typeof certificate === 'string' && certificate !== '') return atob(certificate);
    const conditions: unknown = 'conditions' in said ? said.conditions : undefined;
    if (/"type":"(Denied|Failed)"/.test(JSON.stringify(conditions ?? [])))
      throw new Problem('agent.identity', 'the platform refused to sign it');
    if (clock.monotonic() - since >= SIGNED.longestMs)
      throw new Problem(
        'agent.identity',
        `the platform has not signed it within ${SIGNED.longestMs / 1000} s`,
      );
    await clock.sleep(SIGNED.everyMs, signal);
    if (signal.aborted) throw new Problem('cluster.cancelled', `${name}: stopped`);
  }
}
