import type { Product, RegistrationField } from '../../contract/product.ts';

/** One key of a product's Secret that takes an answer. */
export interface Use {
  /** `<namespace>/<name>`. */
  readonly secret: string;
  readonly key: string;
}

/** Where the answer to a question goes, of Secrets. */
export const usesOf = ({ secrets }: Product, setting: string): readonly Use[] =>
  secrets.flatMap(({ namespace, name, keys }) =>
    Object.entries(keys)
      .filter(([, definition]) => 'setting' in definition && definition.setting === setting)
      .map(([key]) => ({ secret: `${namespace}/${name}`, key })),
  );

/** What the registration fills that else is this answer. */
export const registeredFieldsOf = ({ secrets }: Product, setting: string): readonly RegistrationField[] =>
  secrets.flatMap(({ keys }) =>
    Object.values(keys).flatMap((definition) =>
      'registration' in definition && definition.setting === setting ? [definition.registration] : [],
    ),
  );

/** Whether an answer lies in every Secret that takes it; one that goes nowhere lies nowhere. */
export function isHeldIn(
  product: Product,
  keysOf: (secret: string) => ReadonlySet<string> | undefined,
  setting: string,
): boolean {
  const uses = usesOf(product, setting);
  return uses.length > 0 && uses.every(({ secret, key }) => keysOf(secret)?.has(key) === true);
}
