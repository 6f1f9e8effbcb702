import type { Observed } from '../../core/plan/observed.ts';
import { sourceNamespaces } from '../../core/plan/source-objects.ts';
import { OWNER_LABELS } from '../../core/plan/shape.ts';
import { SOURCE_SECRETS, type SourceSecret } from '../../core/network/source-access.ts';
import { toBase64Text } from '../../core/network/base64.ts';
import { recordOf } from '../../core/json.ts';
import { Problem } from '../../contract/problem.ts';
import type { Engine } from '../engine.ts';
import type { KubeRef } from '../ports.ts';
import { ownSecret } from '../setup/secret-texts.ts';

/** Milliseconds after which the copies are looked at again although nothing has changed: somebody may have removed one. */
const AGAIN_MS = 60_000;

const NONE: readonly SourceSecret[] = [
  {
    ...{ name: SOURCE_SECRETS.credential, type: 'kubernetes.io/dockerconfigjson' },
    texts: { '.dockerconfigjson': '{"auths":{}}' },
  },
  ...[SOURCE_SECRETS.ca, SOURCE_SECRETS.proxy].map((name) => ({ name, type: 'Opaque', texts: {} }) as const),
];

/**
 * Keeps the copies of credential, authorities and proxy beside the sources that name them: written only where they differ, emptied where nothing is set
 * any more. A namespace that is not there yet is left to the next look.
 *
 * @throws Problem cluster.*
 */
export async function mirrorSecrets(
  engine: Engine,
  observed: Pick<Observed, 'sourceAccess' | 'source'>,
  signal: AbortSignal,
): Promise<void> {
  const { memory, ports, product, releaseRepository } = engine;
  const access = observed.sourceAccess?.(releaseRepository);
  // Taken out of the sources first: a source that names an empty Secret cannot be fetched.
  if (access === undefined && Object.keys(observed.source?.refs ?? {}).length > 0) return;
  const wanted = access?.secrets ?? NONE;
  const last = memory.mirrored;
  const isKnown = last !== undefined && last.secrets === keyOf(wanted);
  // Where nothing is set one look is enough for as long as this program leads.
  if (isKnown && (access === undefined || ports.clock.monotonic() - last.at < AGAIN_MS)) return;
  let isComplete = true;
  for (const namespace of sourceNamespaces(product)) {
    for (const secret of wanted)
      isComplete = (await keepCopy(engine, namespace, secret, signal)) && isComplete;
  }
  memory.mirrored = isComplete ? { secrets: keyOf(wanted), at: ports.clock.monotonic() } : undefined;
}

const keyOf = (secrets: readonly SourceSecret[]): string => JSON.stringify(secrets);

/** `false`: it could not be written yet. */
async function keepCopy(
  { ports }: Pick<Engine, 'ports'>,
  namespace: string,
  { name, type, texts }: SourceSecret,
  signal: AbortSignal,
): Promise<boolean> {
  const ref: KubeRef = ownSecret(name, namespace);
  const data = Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, toBase64Text(text)]));
  const secret = { apiVersion: 'v1', kind: 'Secret', type, data };
  const metadata = { name, namespace, labels: OWNER_LABELS };
  try {
    const found = await ports.cluster.get(ref, signal);
    if (found === undefined) {
      if (isEmpty(texts)) return true;
      await ports.cluster.create({ ...secret, metadata }, signal);
      return true;
    }
    if (JSON.stringify(sorted(recordOf(found['data']))) === JSON.stringify(sorted(data))) return true;
    const { resourceVersion } = found.metadata;
    await ports.cluster.replace({ ...secret, metadata: { ...metadata, resourceVersion } }, signal);
    return true;
  } catch (error) {
    if (error instanceof Problem && MAY_WAIT.has(error.code)) return false;
    throw error;
  }
}

/** Not there yet, changed meanwhile, or not allowed to a program that is on its way in: the next look sees. */
const MAY_WAIT: ReadonlySet<string> = new Set(['cluster.not-found', 'cluster.conflict', 'cluster.forbidden']);

const sorted = (data: object): readonly unknown[] =>
  Object.entries(data).toSorted(([a], [b]) => (a < b ? -1 : 1));

const isEmpty = (texts: Readonly<Record<string, string>>): boolean =>
  Object.values(texts).every((text) => text === '{"auths":{}}');
