import { at, objectOf, textOf } from './json.ts';
import type { JsonObject } from './json.ts';

const WRITES = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
export const REVIEWS = ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'];

/** What the asker may do: everything, but for writes of the plural that is forbidden right now. */
export function review(plural: string, body: JsonObject, forbidden: string | undefined): JsonObject {
  const spec = objectOf(body['spec']);
  const head = { apiVersion: 'authorization.k8s.io/v1', metadata: {}, spec };
  if (plural === 'selfsubjectrulesreviews') {
    const rules = [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }];
    const status = { resourceRules: rules, nonResourceRules: [], incomplete: false };
    return { ...head, kind: 'SelfSubjectRulesReview', status };
  }
  const of = textOf(at(spec, 'resourceAttributes', 'resource'));
  const verb = textOf(at(spec, 'resourceAttributes', 'verb'));
  const denied = forbidden !== undefined && of === forbidden && WRITES.has(verb);
  return {
    ...head,
    kind: 'SelfSubjectAccessReview',
    status: denied ? { allowed: false } : { allowed: true },
  };
}
