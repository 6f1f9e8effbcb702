import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { knownResource } from 'host-service/edges/kubernetes/kinds.ts';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { AGENT_CALLS, AGENT_RIGHTS_FILE, agentRightsText } from '../../scripts/build/agent-calls.ts';
import { NAMESPACE, RIGHTS } from './agent-box.ts';
import { askedOf, isAllowed } from './agent-door.ts';

const text = await readFile(join(import.meta.dirname, '../..', AGENT_RIGHTS_FILE), 'utf8');
const KubeObject = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
});
const objects = parseAllDocuments(text, { uniqueKeys: true }).map((one) => KubeObject.parse(one.toJS()));

const may = (method: string, path: string): boolean => {
  const asked = askedOf(method, path);
  return asked !== undefined && isAllowed(RIGHTS, asked);
};
const INSIDE = `/namespaces/${NAMESPACE}`;

describe('the rights of the program on a host', () => {
  it('B-59 lie in a file that is generated from the table of its calls and applied at each boot', () => {
    expect(text).toBe(agentRightsText());
    expect(objects.map(({ kind }) => kind)).toEqual([
      ...['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'],
      ...['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'],
      ...['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'],
    ]);
    for (const { apiVersion, kind } of objects) expect(knownResource(apiVersion, kind)).toBeDefined();
  });

  it('are for the group that its certificate names, not for a user', () => {
    const bindings = objects.filter(({ kind }) => kind.endsWith('RoleBinding'));
    expect(bindings.map((one) => one['subjects'])).toEqual([
      [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'appliance-agents' }],
      [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'appliance-agents' }],
    ]);
  });

  it.each([
    ['GET', `/api/v1${INSIDE}/secrets/appliance-auth`],
    ['GET', '/api/v1/secrets'],
    ['GET', '/api/v1/namespaces/msp/pods'],
    ['PATCH', `/apis/apps/v1${INSIDE}/deployments/another`],
    ['PATCH', '/apis/apps/v1/namespaces/msp/deployments/appliance-control-plane'],
    ['DELETE', `/apis/apps/v1${INSIDE}/deployments/appliance-control-plane`],
    ['PUT', `/api/v1${INSIDE}/configmaps/appliance-trust`],
    ['PUT', `/apis/coordination.k8s.io/v1${INSIDE}/leases/appliance-control-plane`],
    ['POST', `/apis/rbac.authorization.k8s.io/v1${INSIDE}/rolebindings`],
    ['POST', '/apis/certificates.k8s.io/v1/certificatesigningrequests'],
    ['PUT', '/apis/appliance.nineminds.com/v1alpha1/hosts/box'],
    ['PUT', '/apis/appliance.nineminds.com/v1alpha1/appliances/appliance'],
    ['POST', `/api/v1${INSIDE}/pods/x/exec`],
  ])('do not reach %s %s', (method, path) => {
    expect(may(method, path)).toBe(false);
  });

  it('limit by a policy what is made, wherever RBAC cannot', () => {
    const made = AGENT_CALLS.own.flatMap(({ resource, verbs }) => (verbs.includes('create') ? resource : []));
    const limited = objects
      .filter(({ kind }) => kind === 'ValidatingAdmissionPolicy')
      .flatMap((one) => {
        const spec = z
          .looseObject({
            failurePolicy: z.literal('Fail'),
            matchConstraints: z.looseObject({
              resourceRules: z.array(z.looseObject({ resources: z.array(z.string()) })),
            }),
          })
          .parse(one['spec']);
        return spec.matchConstraints.resourceRules.flatMap(({ resources }) => resources);
      });
    expect(made.filter((resource) => !limited.includes(resource))).toEqual([]);
    expect(limited).toContain('hosts');
    expect(limited).toContain('hosts/status');
  });
});
