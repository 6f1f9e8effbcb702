import type { PullProgress } from '../../contract/host/pull.ts';
import type { Operation, PulledImage } from '../../contract/objects.ts';
import { ProblemCode, safeLine } from '../../contract/problem.ts';
import type { Release } from '../../contract/release.ts';
import type { Observed } from '../plan/observed.ts';
import { isAlive, type ObservedHost } from './hosts.ts';
import { referenceOf, type SizedImage } from './reference.ts';

/** As many as the status carries. */
const LISTED = 64;

/**
 * What is on its way to the box for the operation under way, as its hosts say it: of each image the host that has least of it (E-01). undefined when
 * nothing is outstanding, or nobody fetches ahead. What is outstanding stands first. Pure.
 */
export function pullsOf(
  { hosts = [], releases }: Pick<Observed, 'hosts' | 'releases'>,
  open: Operation | undefined,
  now: Date,
): readonly PullProgress[] | undefined {
  const step = open?.status?.steps.find(({ kind }) => kind === 'pull-images');
  const target = open === undefined ? undefined : releases.get(open.spec.to.digest);
  if (target === undefined || (step?.state !== 'pending' && step?.state !== 'running')) return undefined;
  const alive = hosts.filter((host) => isAlive(host, now));
  if (alive.length === 0) return undefined;
  const { release } = target;
  const rows = Object.entries(release.images).map(([key, image]) =>
    slowest(
      whatOf(key, release),
      image,
      alive.map((host) => entryOf(host, image)),
    ),
  );
  const distinct = [...new Map(rows.map((row) => [row.digest, row])).values()];
  const outstanding = distinct.filter(({ state }) => state !== 'present');
  if (outstanding.length === 0) return undefined;
  return [...outstanding, ...distinct.filter(({ state }) => state === 'present')].slice(0, LISTED);
}

/** What an image is for: the titles of the parts that run it. */
export function whatOf(key: string, { components }: Pick<Release, 'components'>): string {
  const titles = [
    ...new Set(components.filter(({ images }) => images.includes(key)).map(({ title }) => title)),
  ];
  const [first, second, ...more] = titles;
  if (first === undefined) return safeLine(key);
  if (second === undefined) return safeLine(first);
  return safeLine(more.length === 0 ? `${first}, ${second}` : `${first}, ${second} (+${more.length})`);
}

const entryOf = ({ status }: ObservedHost, image: SizedImage): PulledImage | undefined =>
  status?.pulled.find((entry) => entry.image === referenceOf(image));

/** States in the order in which they hold everything up. */
const ORDER = ['failed', 'waiting', 'pulling', 'present'] as const;

function slowest(
  what: string,
  { digest, size }: SizedImage,
  entries: readonly (PulledImage | undefined)[],
): PullProgress {
  const [worst] = entries.toSorted((a, b) => rankOf(a) - rankOf(b) || (a?.bytes ?? 0) - (b?.bytes ?? 0));
  const { state = 'waiting', since, retries } = worst ?? {};
  // A host may be newer than this program and know more of them.
  const code = ProblemCode.safeParse(worst?.code).data;
  const total = size ?? worst?.total;
  const bytes = state === 'present' ? total : worst?.bytes;
  return {
    ...{ what, digest, state },
    ...(bytes === undefined ? {} : { bytes: total === undefined ? bytes : Math.min(bytes, total) }),
    ...(total === undefined ? {} : { total }),
    ...(retries === undefined || state === 'present' ? {} : { retries }),
    ...(code === undefined || state === 'present' ? {} : { code }),
    ...(since === undefined ? {} : { since }),
  };
}

const rankOf = (entry: PulledImage | undefined): number => ORDER.indexOf(entry?.state ?? 'waiting');
