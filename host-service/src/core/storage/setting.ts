import { refuse, type ProblemBody } from '../../contract/problem.ts';
import type { StorageDefinition } from '../../contract/product.ts';
import { textHash } from '../values/text-hash.ts';
import type { ClassSight, DriverSight, StorageFacts } from './facts.ts';

const BINDING = 'WaitForFirstConsumer';
/** Two programs that serve one class race for every claim; the loser's data has no home (B-41). Undefined while at most one does. */
export function twoDrivers(drivers: readonly Pick<DriverSight, 'namespace' | 'name'>[]): string | undefined {
  if (drivers.length < 2) return undefined;
  return `both act on the same storage: ${drivers.map(({ namespace, name }) => `${namespace}/${name}`).join(' and ')}`;
}

/** What is wrong with how the storage of the box is set up and does not heal by waiting. Nothing of it is ever corrected by deleting. */
export function settingProblem(facts: StorageFacts, storage: StorageDefinition): ProblemBody | undefined {
  const both = twoDrivers(facts.drivers);
  if (both !== undefined) return refuse('storage.two-drivers', both, 'storage').problem;
  const defaults = facts.classes.filter(({ isDefault }) => isDefault).map(({ name }) => name);
  if (defaults.length > 1)
    return refuse(
      'storage.two-defaults',
      `each is the default: ${defaults.toSorted().join(' and ')}`,
      'storage',
    ).problem;
  const own = classOf(facts, storage);
  const unfit = own === undefined ? [] : differences(own, storage);
  if (own === undefined || unfit.length === 0) return undefined;
  return refuse('storage.class-unfit', `${own.name}: ${unfit.join(', ')}`, 'storage').problem;
}

/** The product's class, when it is there. */
export const classOf = (
  { classes }: Pick<StorageFacts, 'classes'>,
  { class: wanted }: Pick<StorageDefinition, 'class'>,
): ClassSight | undefined => classes.find(({ name }) => name === wanted);

function differences(own: ClassSight, storage: StorageDefinition): readonly string[] {
  const rows = [
    ['provisioner', own.provisioner, storage.provisioner],
    ['reclaim policy', own.reclaimPolicy, storage.reclaimPolicy],
    ['binding', own.bindingMode, BINDING],
  ] as const;
  return rows
    .filter(([, is, wanted]) => is !== wanted)
    .map(([what, is, wanted]) => `${what} ${is} instead of ${wanted}`);
}

/** What a trial write is worth for: the class as it was made, the build of the driver, and how it is written. */
export function proofOf(own: ClassSight, driver: DriverSight, storage: StorageDefinition): string {
  const about = JSON.stringify([own.uid, own.provisioner, driver.image, storage.proof]);
  return textHash(about).slice('sha256:'.length, 'sha256:'.length + 16);
}

/** The class as it is made. */
export const classObject = ({ class: name, provisioner, reclaimPolicy }: StorageDefinition) => ({
  ...{ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name } },
  ...{ provisioner, reclaimPolicy, volumeBindingMode: BINDING, allowVolumeExpansion: false },
});
