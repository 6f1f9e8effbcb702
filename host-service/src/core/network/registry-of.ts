import type { RegistryOf } from '../plan/plan-input.ts';
import type { SourceAccess } from './source-access.ts';
import type { WayOut } from './way-out.ts';

/** Where a repository is reached from this box: the first mirror of its registry, or the registry itself. */
export function registryOf(
  { registries }: WayOut,
  access: ((repository: string) => SourceAccess) | undefined,
): RegistryOf {
  return (repository) => {
    const host = repository.slice(0, repository.indexOf('/'));
    const override = registries.find((entry) => entry.host === host);
    const mirror = URL.parse(override?.mirrors[0] ?? '');
    const refs = access?.(repository).refs;
    const said = refs === undefined ? {} : { refs };
    if (mirror === null) return { host, insecure: override?.plainHttp ?? false, ...said };
    return { host: mirror.host, insecure: mirror.protocol === 'http:', ...said };
  };
}
