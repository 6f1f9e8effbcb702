import type { Product } from '../../contract/product.ts';
import type { Observed } from '../../core/plan/observed.ts';
import { DRAFT_NAME, DRAFT_SECRET } from '../../core/plan/settings-step.ts';
import { WATCH_LABEL } from '../../core/plan/shape.ts';
import { OWN_SECRETS, OWN_SECRETS_NAME } from '../../core/setup/registered.ts';
import { textHash } from '../../core/values/text-hash.ts';
import type { Ports } from '../ports.ts';
import { member, text, texts } from './read.ts';

/** Which of the product's namespaces exist, and which are being removed. */
export async function observeNamespaces(
  cluster: Ports['cluster'],
  product: Product,
  signal: AbortSignal,
): Promise<Observed['namespaces']> {
  const ours = new Set(product.namespaces.map(({ name }) => name));
  const all = await cluster.list({ apiVersion: 'v1', kind: 'Namespace' }, { signal });
  const found = all.filter(({ metadata }) => ours.has(metadata.name));
  const terminating = found.filter(
    (object) =>
      object.metadata.deletionTimestamp !== undefined || text(object, 'status', 'phase') === 'Terminating',
  );
  return {
    present: new Set(found.map(({ metadata }) => metadata.name)),
    terminating: new Set(terminating.map(({ metadata }) => metadata.name)),
  };
}

/** Hash of each values key. A ConfigMap without the label that makes changes count at once is as good as missing: it is written again. */
export async function observeValues(
  cluster: Ports['cluster'],
  { values }: Product,
  signal: AbortSignal,
): Promise<Observed['valuesKeys']> {
  const found = await cluster.list(
    { apiVersion: 'v1', kind: 'ConfigMap' },
    { namespace: values.namespace, labelSelector: `${WATCH_LABEL}=Enabled`, signal },
  );
  const keys = found
    .filter(({ metadata }) => metadata.name.startsWith(values.prefix))
    .flatMap((object) => {
      const component = object.metadata.name.slice(values.prefix.length);
      return Object.entries(texts(object, 'data')).map(
        ([key, content]) => [`${component}/${key}`, textHash(content)] as const,
      );
    });
  return new Map(keys);
}

/** Names of the keys of each product Secret, of the draft and of what was given once. The values are dropped here and go nowhere. */
export async function observeSecrets(
  cluster: Ports['cluster'],
  product: Product,
  namespace: string,
  signal: AbortSignal,
): Promise<Observed['secretKeys']> {
  const wanted = [
    ...product.secrets.map((one) => ({ ...one, as: `${one.namespace}/${one.name}` })),
    { namespace, name: DRAFT_SECRET, as: DRAFT_NAME },
    { namespace, name: OWN_SECRETS, as: OWN_SECRETS_NAME },
  ];
  const found = await Promise.all(
    wanted.map(async ({ as, ...place }) => {
      const ref = { apiVersion: 'v1', kind: 'Secret', namespace: place.namespace, name: place.name };
      const secret = await cluster.get(ref, signal);
      const data = member(secret, 'data');
      const keys = typeof data === 'object' && data !== null ? Object.keys(data) : [];
      return secret === undefined ? undefined : ([as, new Set(keys)] as const);
    }),
  );
  return new Map(found.filter((entry) => entry !== undefined));
}
