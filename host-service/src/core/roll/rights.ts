import type { Manifest } from './manifests.ts';
import { canonical, listOf, type Json } from '../json.ts';

const union = (wanted: readonly unknown[], there: readonly unknown[]): readonly unknown[] => {
  const known = new Set(wanted.map(canonical));
  return [...wanted, ...there.filter((entry) => !known.has(canonical(entry)))];
};

/**
 * A role or binding as it has to be while two builds run side by side: what the new one needs and what is there already, because the way back
 * needs the old rights. The new build writes the exact object when it has shown that it works. Pure.
 */
export function withRightsOf(wanted: Manifest, there: Json | undefined): Manifest {
  switch (wanted.kind) {
    case 'ClusterRole':
    case 'Role':
      return { ...wanted, rules: union(listOf(wanted['rules']), listOf(there?.['rules'])) };
    case 'ClusterRoleBinding':
    case 'RoleBinding':
      return { ...wanted, subjects: union(listOf(wanted['subjects']), listOf(there?.['subjects'])) };
    default:
      return wanted;
  }
}
