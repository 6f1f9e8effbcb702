/** Actions of one repository as a token scope, `repository:name:pull,push`. */
export function repositoryScope(repository: string, actions: readonly string[]): string {
  return `repository:${repository}:${actions.join(',')}`;
}

const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,512}$/;
const MAX_SCOPES = 8;

/** Splits at the first and the LAST colon: a name may hold a port. */
function split(scope: string): { resource: string; actions: string[] } | undefined {
  const last = scope.lastIndexOf(':');
  if (!SCOPE.test(scope) || last <= scope.indexOf(':')) return undefined;
  return {
    resource: scope.slice(0, last),
    actions: scope
      .slice(last + 1)
      .split(',')
      .sort(),
  };
}

/** Same scopes, same text: the key under which a token is kept. */
export function canonicalScopes(scopes: readonly string[]): string {
  return scopes
    .map((scope) => {
      const parts = split(scope);
      return parts === undefined ? scope : `${parts.resource}:${parts.actions.join(',')}`;
    })
    .sort()
    .join(' ');
}

/**
 * Scopes to ask a token for. What the registry's challenge names comes first, because it may know the repository by
 * another name (and some servers look at the first only); ours follow where the challenge does not cover them.
 * A challenge cannot widen the actions we came for.
 */
export function mergeScopes(wanted: readonly string[], challenge: string | undefined): readonly string[] {
  const allowed = new Set(wanted.flatMap((scope) => split(scope)?.actions ?? []));
  const offered = (challenge ?? '')
    .split(' ')
    .map(split)
    .filter((part) => part !== undefined)
    .map((part) => ({ resource: part.resource, actions: part.actions.filter((a) => allowed.has(a)) }))
    .filter((part) => part.resource.startsWith('repository:') && part.actions.length > 0)
    .slice(0, MAX_SCOPES);
  const missing = wanted.filter((scope) => {
    const ours = split(scope);
    const theirs = offered.find((part) => part.resource === ours?.resource);
    return theirs === undefined || !(ours?.actions ?? []).every((action) => theirs.actions.includes(action));
  });
  const covered = offered.filter(
    (part) => !missing.some((scope) => split(scope)?.resource === part.resource),
  );
  return [...covered.map((part) => `${part.resource}:${part.actions.join(',')}`), ...missing];
}
