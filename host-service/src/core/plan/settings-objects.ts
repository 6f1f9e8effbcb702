import type { z } from 'zod';
import type { SettingValue } from '../../contract/appliance.ts';
import { accept, refuse, type Verdict } from '../../contract/problem.ts';
import type { Product, RegistrationField, SecretKey } from '../../contract/product.ts';
import { isRecord } from '../json.ts';
import { parseValuesName } from '../values/keys.ts';
import { settingText } from '../values/settings.ts';
import type { KnownRelease } from './observed.ts';
import { OWNER_LABELS, WATCH_LABEL, type ObjectShape } from './shape.ts';

type Settings = Readonly<Record<string, z.infer<typeof SettingValue>>>;

/** The product's namespaces with their labels, among them the Pod Security level (R8). */
export function namespaceObjects(product: Product): readonly ObjectShape[] {
  return product.namespaces.map(({ name, labels }) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { ...OWNER_LABELS, ...labels } },
  }));
}

/** One Secret to write. `create` must fail when it exists meanwhile; `replace` carries the resourceVersion that was read. */
export interface SecretWrite {
  readonly how: 'create' | 'replace';
  readonly object: ObjectShape;
  /** Keys that are new. */
  readonly keys: readonly string[];
}

/** A Secret as it lies in the cluster: handed back whole, with its values untouched. */
export interface ExistingSecret extends ObjectShape {
  readonly data?: unknown;
}

/**
 * Secrets that lack keys (B-06, R1): a key that exists is never changed, whatever its value and whoever wrote it, but for answers that a person
 * replaces; missing keys are generated from `randomBytes(count)`, taken from a setting, or fixed. An optional setting without answer leaves its
 * key out. Problem plan.settings-missing.
 */
export function secretObjects(input: {
  readonly product: Product;
  /** Answers, those of Secret `appliance-draft` merged in. */
  readonly settings: Settings;
  /** What the registration brought. */
  readonly registered?: Readonly<Partial<Record<RegistrationField, string>>>;
  /** By `<namespace>/<name>`; absent = not there. */
  readonly existing: ReadonlyMap<string, ExistingSecret>;
  readonly randomBytes: (count: number) => Uint8Array;
  /** Questions whose answers a person replaces: what they have typed counts, also against what the registration brought. */
  readonly replaced?: ReadonlySet<string>;
}): Verdict<readonly SecretWrite[]> {
  const writes: SecretWrite[] = [];
  for (const { name, namespace, keys } of input.product.secrets) {
    const existing = input.existing.get(`${namespace}/${name}`);
    const held = isRecord(existing?.data) ? existing.data : {};
    const added: Record<string, string> = {};
    for (const [key, definition] of Object.entries(keys)) {
      const isReplaced = 'setting' in definition && input.replaced?.has(definition.setting ?? '') === true;
      if (Object.hasOwn(held, key) && !isReplaced) continue;
      const text = secretText(definition, isReplaced ? { ...input, registered: {} } : input);
      if (!text.ok) return text;
      if (text.value !== undefined) added[key] = Buffer.from(text.value, 'utf8').toString('base64');
    }
    if (existing !== undefined && Object.keys(added).length === 0) continue;
    const object: ObjectShape =
      existing === undefined
        ? {
            apiVersion: 'v1',
            kind: 'Secret',
            type: 'Opaque',
            metadata: { name, namespace, labels: OWNER_LABELS },
            data: added,
          }
        : { ...existing, data: { ...held, ...added } };
    writes.push({ how: existing === undefined ? 'create' : 'replace', object, keys: Object.keys(added) });
  }
  return accept(writes);
}

function secretText(
  definition: SecretKey,
  input: {
    readonly product: Product;
    readonly settings: Settings;
    readonly registered?: Readonly<Partial<Record<RegistrationField, string>>>;
    readonly randomBytes: (count: number) => Uint8Array;
  },
): Verdict<string | undefined> {
  if ('literal' in definition) return accept(definition.literal);
  if ('generate' in definition) {
    const encoding = definition.generate === 'hex' ? 'hex' : 'base64url';
    return accept(Buffer.from(input.randomBytes(definition.bytes)).toString(encoding));
  }
  const { setting } = definition;
  const brought = 'registration' in definition ? input.registered?.[definition.registration] : undefined;
  if (brought !== undefined || setting === undefined) return accept(brought);
  const text = settingText(input.product, input.settings, setting);
  if (!text.ok || text.value !== undefined) return text;
  const required = input.product.settings[setting]?.required ?? true;
  return required ? refuse('plan.settings-missing', `setting ${setting} has no value`, setting) : text;
}

/**
 * Values ConfigMaps, one per component. The one field manager owns every key it ever applied, so that a key left out would be deleted: the
 * present keys of ours are handed in and applied again unless they are in `remove` (protocols §4.1). Foreign keys stay by themselves.
 */
export function valuesObjects(input: {
  readonly product: Product;
  /** `<component>/<key>` -> YAML text: keys to write. */
  readonly values: ReadonlyMap<string, string>;
  /** Data of the present ConfigMap by component. */
  readonly existing: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** `<component>/<key>` of keys to drop. */
  readonly remove?: ReadonlySet<string>;
}): readonly ObjectShape[] {
  const changed = new Map<string, Map<string, string>>();
  const touch = (name: string): Map<string, string> => {
    const component = name.slice(0, name.indexOf('/'));
    const known = changed.get(component) ?? presentKeys(component, input.existing.get(component));
    changed.set(component, known);
    return known;
  };
  for (const name of input.remove ?? []) touch(name).delete(name.slice(name.indexOf('/') + 1));
  for (const [name, text] of input.values) touch(name).set(name.slice(name.indexOf('/') + 1), text);
  return [...changed].map(([component, keys]) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: `${input.product.values.prefix}${component}`,
      namespace: input.product.values.namespace,
      labels: { ...OWNER_LABELS, [WATCH_LABEL]: 'Enabled' },
    },
    data: Object.fromEntries([...keys].sort(([a], [b]) => (a < b ? -1 : 1))),
  }));
}

function presentKeys(
  component: string,
  data: Readonly<Record<string, string>> | undefined,
): Map<string, string> {
  const ours = Object.entries(data ?? {}).filter(
    ([key]) => parseValuesName(`${component}/${key}`) !== undefined,
  );
  return new Map(ours);
}

/** Says what was selected, with the predecessor's fields (predecessor §2.3 #7): its tools and people read them. */
export function selectionObject(input: {
  readonly product: Product;
  readonly release: KnownRelease;
  readonly channel: string;
}): ObjectShape {
  const { release, object } = input.release;
  const source = object.spec.repository;
  const slash = source.indexOf('/');
  const tags = Object.entries(release.images).map(([key, image]) => [`${key}Tag`, image.tag ?? image.digest]);
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...input.product.selection, labels: OWNER_LABELS },
    data: {
      releaseVersion: release.version,
      selectedChannel: input.channel,
      appVersion: release.version,
      registryHost: source.slice(0, slash),
      repository: source.slice(slash + 1),
      manifestDigest: object.spec.ociDigest ?? '',
      controlPlaneTag: release.controlPlane.version,
      supportAgent: '',
      ...Object.fromEntries(tags),
    },
  };
}
