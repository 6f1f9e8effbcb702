import { Problem } from '../../contract/problem.ts';
import { DRAFT_SECRET } from '../../core/plan/settings-step.ts';
import {
  namespaceObjects,
  secretObjects,
  valuesObjects,
  type ExistingSecret,
} from '../../core/plan/settings-objects.ts';
import { fieldsIn, OWN_SECRETS } from '../../core/setup/registered.ts';
import type { KubeObject } from '../ports.ts';
import { replacedIn } from '../../core/setup/replace.ts';
import { forgetReplaced, forgetSpent } from '../setup/spent.ts';
import { ownSecret, readTexts } from '../setup/secret-texts.ts';
import type { Executor, StepContext } from './executor.ts';
import { readValues } from './values.ts';

/**
 * Namespaces, Secrets and values of the release. Values lie under the release's own keys, so that nothing changes until the source moves
 * (docs/architecture.md). Secrets are created or completed, and changed only where a person replaces an answer: B-06, and B-46 for settings. Passwords that lie in theirs leave the draft.
 */
export const writeSettings: Executor<'write-settings'> = async (context, step) => {
  const { engine, observed, signal } = context;
  const { cluster } = engine.ports;
  const terminating = step.namespaces.find((name) => observed.namespaces.terminating.has(name));
  if (terminating !== undefined) {
    return { kind: 'waiting', now: `Waiting until namespace ${terminating} is gone` };
  }
  const wanted = new Set(step.namespaces);
  for (const object of namespaceObjects(engine.product)) {
    if (wanted.has(object.metadata.name)) await cluster.apply(object, { signal });
  }
  const secrets = step.secrets.length === 0 ? 0 : await writeSecrets(context);
  await forgetSpent(engine, ['password'], signal);
  const existing = await readValues(context, [...step.values.keys()]);
  for (const object of valuesObjects({ product: engine.product, values: step.values, existing })) {
    await cluster.apply(object, { signal });
  }
  const count = step.values.size;
  return {
    kind: 'acted',
    now: `Wrote ${step.namespaces.length} namespaces, ${secrets} secrets, ${count} settings files`,
  };
};

async function writeSecrets({ engine, observed, signal }: StepContext): Promise<number> {
  const { cluster } = engine.ports;
  const existing = new Map<string, ExistingSecret>();
  for (const { name, namespace } of engine.product.secrets) {
    const found = await cluster.get({ apiVersion: 'v1', kind: 'Secret', namespace, name }, signal);
    if (found !== undefined) existing.set(`${namespace}/${name}`, forReplace(found));
  }
  const [draft, own] = await Promise.all([
    readTexts(cluster, ownSecret(DRAFT_SECRET, engine.namespace), signal),
    readTexts(cluster, ownSecret(OWN_SECRETS, engine.namespace), signal),
  ]);
  const replaced = new Set(replacedIn(engine.product, Object.keys(draft.texts)));
  const writes = secretObjects({
    replaced,
    product: engine.product,
    settings: { ...observed.spec.settings, ...draft.texts },
    registered: fieldsIn(own.texts),
    existing,
    randomBytes: (count) => engine.random.bytes(count),
  });
  if (!writes.ok) throw new Problem(writes.problem.code, writes.problem.detail);
  for (const { how, object } of writes.value) await cluster[how](object, signal);
  await forgetReplaced(engine, draft.texts, replaced, signal);
  return writes.value.length;
}

/** What a PUT of the same object carries: all of it but the record of who wrote what. */
function forReplace({ metadata, ...rest }: KubeObject): ExistingSecret {
  const { name, namespace, labels, annotations, resourceVersion } = metadata;
  return {
    ...rest,
    metadata: {
      name,
      namespace,
      resourceVersion,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
  };
}
