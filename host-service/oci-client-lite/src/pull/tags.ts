import { isObject, member, parseJson } from '../content/json.ts';
import { OciError } from '../errors.ts';
import { checkReference, isTag } from '../reference.ts';
import type { Router } from '../registry/route.ts';
import type { Session } from '../registry/session.ts';
import type { CallOptions, Reference } from '../types.ts';
import { forMirror, pullScope } from './manifest.ts';
import { pagesOf } from './pages.ts';

/** All tags of a repository, sorted; see `OciClient.tags`. */
export function listTags(
  session: Session,
  router: Router,
  ref: Reference,
  options: CallOptions,
): Promise<readonly string[]> {
  checkReference(ref);
  return router.read(ref.registry, true, options.signal, async (endpoint, deadline) => {
    const call = {
      method: 'GET' as const,
      url: forMirror(
        endpoint,
        new URL(`${endpoint.repository(ref.repository)}/tags/list?n=1000`, endpoint.base),
      ),
      scopes: [pullScope(endpoint, ref)],
      what: `tags of ${ref.repository}`,
      signal: deadline.signal,
    };
    const tags = new Set<string>();
    for await (const { bytes } of pagesOf(session, endpoint, call, () => true)) {
      const body = parseJson(bytes, endpoint.registry, call.what);
      const list = isObject(body) ? member(body, 'tags') : undefined;
      // An empty repository is written as null by some registries.
      if (list !== null && !Array.isArray(list)) {
        throw new OciError('protocol', endpoint.registry, `${call.what}: no list of tags`);
      }
      for (const tag of (list ?? []) as readonly unknown[])
        if (typeof tag === 'string' && isTag(tag)) tags.add(tag);
    }
    return [...tags].sort();
  });
}
