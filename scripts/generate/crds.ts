import { stringify } from 'yaml';
import type { z } from 'zod';
import { API_GROUP, API_VERSION } from 'host-service/contract/names.ts';
import { Appliance, Host, Operation, ReleaseObject } from 'host-service/contract/objects.ts';
import { structuralOf, type Structural } from './structural.ts';

interface Column {
  readonly name: string;
  readonly type: 'string' | 'date' | 'boolean' | 'integer';
  readonly jsonPath: string;
  readonly description: string;
  /** 1 = shown with `-o wide` only. */
  readonly priority?: 1;
}

interface KindDefinition {
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly schema: z.ZodObject<{ spec: z.ZodType; status: z.ZodType }>;
  readonly description: string;
  readonly spec: string;
  readonly status: string;
  readonly columns: readonly Column[];
}

const column = (name: string, jsonPath: string, description: string, priority?: 1): Column => ({
  name,
  type: 'string',
  jsonPath,
  description,
  ...(priority === undefined ? {} : { priority }),
});
const date = (name: string, jsonPath: string, description: string): Column => ({
  ...column(name, jsonPath, description),
  type: 'date',
});
const AGE = date('Age', '.metadata.creationTimestamp', 'Since when the object is there');

const KINDS: readonly KindDefinition[] = [
  {
    kind: 'Appliance',
    plural: 'appliances',
    shortNames: ['appl'],
    schema: Appliance,
    description: 'The one appliance of this cluster: what people want of it, and what is true.',
    spec: 'What people want: channel or pin, approvals, settings, policy.',
    status: 'What is true, written by the control plane only.',
    columns: [
      column('Phase', '.status.phase', 'What the appliance is doing'),
      column('Ready', '.status.conditions[?(@.type=="Ready")].status', 'Whether people can work'),
      column('Channel', '.status.channel.name', 'Channel that is followed'),
      column('Running', '.status.running.version', 'Version that runs'),
      column('Available', '.status.available.version', 'Version that the channel offers'),
      column('Target', '.status.target.version', 'Version that is wanted'),
      column('Now', '.status.operation.now', 'What is waited for', 1),
      column('Problem', '.status.problems[0].code', 'First problem', 1),
      AGE,
    ],
  },
  {
    kind: 'Release',
    plural: 'releases',
    shortNames: ['rel'],
    schema: ReleaseObject,
    description: 'A release that was seen and verified, kept so that it can be used without the registry.',
    spec: 'The published bytes and where they came from; never changed.',
    status: 'What the release is to this appliance.',
    columns: [
      column('Version', '.spec.version', 'Version of the release'),
      { ...column('Signed', '.spec.signed', 'Whether a trusted key signed it'), type: 'boolean' },
      column('Source', '.spec.source', 'How it came here'),
      column('Roles', '.status.roles', 'candidate, running, last-good, target, quarantined, baked'),
      date('Confirmed', '.status.confirmedAt', 'When it was found healthy'),
      column('Quarantine', '.status.quarantine.reason.code', 'Why it is not tried again by itself'),
      column('Digest', '.spec.digest', 'Digest of the release document', 1),
      AGE,
    ],
  },
  {
    kind: 'Operation',
    plural: 'operations',
    shortNames: ['op'],
    schema: Operation,
    description: 'The journal of one installation, update, return or repair.',
    spec: 'What was started, by whom and why.',
    status: 'Steps with start, end, outcome and evidence; numbered events.',
    columns: [
      column('Verb', '.spec.verb', 'install, update, revert or repair'),
      column('From', '.spec.from.version', 'Version before'),
      column('To', '.spec.to.version', 'Version after'),
      column('Outcome', '.status.outcome', 'running, succeeded, failed or cancelled'),
      column('Problem', '.status.problem.code', 'Why it failed'),
      date('Started', '.status.startedAt', 'When it started'),
      date('Ended', '.status.endedAt', 'When it ended'),
      column('By', '.spec.actor.by', 'Who asked', 1),
    ],
  },
  {
    kind: 'Host',
    plural: 'hosts',
    shortNames: ['apphost'],
    schema: Host,
    description: 'One machine of the appliance: what is wanted of it, and what its agent reports.',
    spec: 'What the control plane wants of the machine.',
    status: 'Facts, checks and progress, written by the agent of the machine only.',
    columns: [
      column('Version', '.status.version', 'Version of the agent'),
      column('Architecture', '.status.architecture', 'Processor architecture'),
      column('Problem', '.status.problems[0].code', 'First problem'),
      AGE,
    ],
  },
];

const described = (schema: Structural, description: string): Structural => {
  const { type, ...rest } = schema;
  return { ...(type === undefined ? {} : { type }), description, ...rest };
};

function schemaOf(definition: KindDefinition): Structural {
  const { spec, status } = definition.schema.shape;
  return {
    type: 'object',
    description: definition.description,
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: described(structuralOf(spec), definition.spec),
      status: described(structuralOf(status), definition.status),
    },
  };
}

function crdOf(definition: KindDefinition): object {
  const { kind, plural, shortNames, columns } = definition;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${API_GROUP}`,
      // A definition that is pruned takes all its objects with it.
      annotations: { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' },
    },
    spec: {
      group: API_GROUP,
      scope: 'Cluster',
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames,
        categories: ['appliance-objects'],
      },
      versions: [
        {
          name: API_VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns,
          schema: { openAPIV3Schema: schemaOf(definition) },
        },
      ],
    },
  };
}

/** The API server and kubectl read YAML 1.1, where a bare `n` or `y` is a boolean. */
const yamlOf = (value: object): string =>
  stringify(value, { compat: 'yaml-1.1', lineWidth: 0, aliasDuplicateObjects: false });

/** File path -> YAML of each custom resource definition. */
export function crdFiles(): ReadonlyMap<string, string> {
  const note = '# Generated from host-service/src/contract by `npm run generate`. Do not edit.\n';
  return new Map(
    KINDS.map((definition) => [
      `flux-base/control-plane/crds/${definition.plural}.yaml`,
      note + yamlOf(crdOf(definition)),
    ]),
  );
}
