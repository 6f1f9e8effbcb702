/** All rules, with the lesson each one keeps (predecessor §10, §11; peers R-55). */
export const RULES = {
  yaml: 'files parse, keys are unique',
  references: 'B-18, R-55: every name that one object gives another exists',
  order: 'B-01: dependsOn has no cycle',
  'mutable-reference': 'B-30, S10: images, charts and sources are named by digest',
  registry: 'R14: images come from a named registry, never from docker.io',
  'pod-security': 'B-18: what needs the node stands in a privileged namespace; every namespace is declared',
  claims: 'B-29: a ReadWriteOnce claim has one pod at a time',
  'host-ports': 'B-39: ports of the node are unique, their pods are recreated',
  'service-links': 'B-20: pods get no service-link variables',
  'in-cluster-hosts': 'B-21, R22: hosts inside the cluster are Services that exist',
  probes: 'B-24: long-running containers have liveness and readiness probes',
  hooks: 'B-01: nothing is installed by a helm hook',
  'namespace-in-base': 'R8: the bundle owns no namespace',
  'unique-names': 'B-40: no object is defined twice or bears a name of the platform',
  'keep-data': 'B-42: data outlives its claim, its release and its bundle',
  'served-api': 'B-36: API versions that the pinned platform serves',
  placeholder: 'B-33, B-26: no placeholder or internal address reaches people',
  variables: 'docs/architecture.md: only variables that packing or the box fill in',
} as const;
export type LintRule = keyof typeof RULES;

/** Something that breaks a rule. `line` counts from 1 in `file`. */
export interface Finding {
  readonly rule: LintRule;
  readonly file: string;
  readonly line: number;
  readonly text: string;
}
