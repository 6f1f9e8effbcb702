import type { StepContext } from './executor.ts';

/** Data of the values ConfigMaps of the named `<component>/<key>` pairs, by component. */
export async function readValues(
  { engine, signal }: Pick<StepContext, 'engine' | 'signal'>,
  names: readonly string[],
): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
  const { prefix, namespace } = engine.product.values;
  const components = new Set(names.map((name) => name.slice(0, name.indexOf('/'))));
  const data = new Map<string, Readonly<Record<string, string>>>();
  for (const component of components) {
    const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: `${prefix}${component}` };
    const found = await engine.ports.cluster.get(ref, signal);
    if (found !== undefined) data.set(component, textsOf(found['data']));
  }
  return data;
}

function textsOf(data: unknown): Readonly<Record<string, string>> {
  if (typeof data !== 'object' || data === null) return {};
  return Object.fromEntries(
    Object.entries(data).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
}
