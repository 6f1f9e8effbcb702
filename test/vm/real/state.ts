import { ApplianceStatus } from 'host-service/contract/appliance.ts';
import {
  CONTROL_PLANE_RECORD,
  CONTROL_PLANE_RECORD_KEY,
  ControlPlaneRecord,
} from 'host-service/contract/control-plane.ts';
import {
  Appliance,
  Floor,
  FLOOR_CONFIGMAP,
  Host,
  Operation,
  ReleaseObject,
} from 'host-service/contract/objects.ts';
import { parseClaimCode } from 'host-service/core/access/claim-code.ts';
import { z } from 'zod';
import { ask, type Machine } from '../support/machine.ts';

export const NAMESPACE = 'alga-appliance-control-plane';
export const NAME = 'appliance-control-plane';
const KINDS = 'appliances,releases,operations,hosts';

const List = z.object({ items: z.array(z.looseObject({ kind: z.string() })) });
const ConfigMap = z.looseObject({ data: z.record(z.string(), z.string()).default({}) });
const Deployment = z.looseObject({
  metadata: z.looseObject({ annotations: z.record(z.string(), z.string()).default({}) }),
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({ containers: z.tuple([z.looseObject({ image: z.string() })]) }),
    }),
  }),
});
const Pods = z.object({
  items: z.array(
    z.looseObject({
      spec: z.looseObject({ containers: z.array(z.looseObject({ image: z.string() })) }),
      status: z.looseObject({
        conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).default([]),
      }),
    }),
  ),
});

/** Asks the platform inside the machine. @throws Error when it does not answer */
export function kube(machine: Machine, words: string): Promise<string> {
  return ask(machine, `k3s kubectl --request-timeout=20s ${words}`);
}

const get = async <T>(machine: Machine, schema: z.ZodType<T>, words: string): Promise<T> =>
  schema.parse(JSON.parse(await kube(machine, `get -o json ${words}`)));

/** Undefined while there is none, or nobody answers. */
export async function statusOf(machine: Machine): Promise<ApplianceStatus | undefined> {
  const { status, out } = await machine.run(
    'k3s kubectl --request-timeout=5s get -o json appliances appliance',
  );
  return status === 0
    ? ApplianceStatus.safeParse((JSON.parse(out) as { status?: unknown }).status).data
    : undefined;
}

export async function operationsOf(machine: Machine): Promise<readonly Operation[]> {
  const { items } = await get(machine, List, 'operations');
  return items.map((one) => Operation.parse(one));
}

/** Digests of the images of the control plane's pods that are Ready, and how many others there are. */
export async function podsOf(machine: Machine): Promise<{ ready: readonly string[]; others: number }> {
  const { items } = await get(machine, Pods, `pods -n ${NAMESPACE} -l app.kubernetes.io/name=${NAME}`);
  const isReady = ({ status }: (typeof items)[number]): boolean =>
    status.conditions.some((one) => one.type === 'Ready' && one.status === 'True');
  const ready = items.filter(isReady).map(({ spec }) => spec.containers[0]?.image.split('@')[1] ?? '');
  return { ready, others: items.length - ready.length };
}

/** Digest that the Deployment names, and the marks of a roll that it carries. */
export async function deploymentOf(machine: Machine): Promise<{ digest: string; marks: readonly string[] }> {
  const { metadata, spec } = await get(machine, Deployment, `deployment ${NAME} -n ${NAMESPACE}`);
  const marks = Object.keys(metadata.annotations).filter((key) =>
    /previous-digest|probation-until/u.test(key),
  );
  return { digest: spec.template.spec.containers[0].image.split('@')[1] ?? '', marks };
}

export async function recordOf(machine: Machine): Promise<ControlPlaneRecord> {
  const { data } = await get(machine, ConfigMap, `configmap ${CONTROL_PLANE_RECORD} -n ${NAMESPACE}`);
  return ControlPlaneRecord.parse(JSON.parse(data[CONTROL_PLANE_RECORD_KEY] ?? ''));
}

/** What of a box stays the same whatever happens to its power. */
export interface Lasting {
  readonly claimCode: string;
  /** Sums of the files that say who this box is. */
  readonly identity: string;
}

/**
 * Reads everything that this box keeps, each with the schema of its reader: objects of ours, the record of builds, the floor on both sides, the files of
 * the host program. @throws Error for anything that is missing, torn or not what it says
 */
export async function readWhole(machine: Machine): Promise<Lasting> {
  const { items } = await get(machine, List, KINDS);
  const schemas = { Appliance, Release: ReleaseObject, Operation, Host };
  for (const [kind, schema] of Object.entries(schemas)) {
    const own = items.filter((item) => item.kind === kind);
    if (own.length === 0 && kind !== 'Operation') throw new Error(`no ${kind}`);
    for (const item of own) schema.parse(item);
  }
  await recordOf(machine);
  const { data } = await get(machine, ConfigMap, `configmap ${FLOOR_CONFIGMAP} -n ${NAMESPACE}`);
  const copy = z
    .record(z.string(), z.string())
    .parse(JSON.parse(await ask(machine, 'cat /var/lib/appliance/agent/floor.json')));
  for (const side of [data, copy]) {
    // Beside a floor lies the statement that raised it.
    const floors = Object.entries(side).filter(
      ([key]) => !key.startsWith('statement.') && !key.startsWith('trust.'),
    );
    if (floors.length === 0) throw new Error(`no floor in ${JSON.stringify(side)}`);
    for (const [, text] of floors) Floor.parse(JSON.parse(text));
  }
  JSON.parse(await ask(machine, 'cat /var/lib/appliance/boot.json'));
  await ask(machine, 'openssl x509 -noout -checkend 0 -in /var/lib/rancher/k3s/server/tls/server.crt');
  await ask(machine, 'k3s kubectl --kubeconfig /var/lib/appliance/agent/kubeconfig auth whoami');
  const claimCode = await ask(machine, 'cat /var/lib/appliance/claim-code');
  if (parseClaimCode(claimCode) === undefined) throw new Error('the claim code is torn');
  const files =
    '/etc/rancher/k3s/config.yaml.d/* /etc/rancher/k3s/k3s.yaml /var/lib/rancher/k3s/server/tls/*';
  return { claimCode, identity: await ask(machine, `sha256sum ${files} | sort -k 2`) };
}
