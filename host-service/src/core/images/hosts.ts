import type { HostSpec, HostStatus, PulledImage } from '../../contract/objects.ts';
import { safeLine, type ProblemCode } from '../../contract/problem.ts';
import { referenceOf, type SizedImage } from './reference.ts';

/** A host as its object shows it. */
export interface ObservedHost {
  readonly name: string;
  readonly generation: number;
  readonly resourceVersion: string | undefined;
  readonly spec: HostSpec;
  /** undefined = its program has said nothing yet. */
  readonly status: HostStatus | undefined;
}

/** Milliseconds after which a host that says nothing is not waited for: the platform fetches its images when it needs them. */
export const HOST_SILENT_MS = 60_000;
/** Failures in a row after which one is believed that no waiting can mend. A registry may be wrong once. */
const BELIEVED = 2;
const FOR_GOOD = ['pull.missing', 'pull.wrong-platform'] as const satisfies readonly ProblemCode[];
type ForGood = (typeof FOR_GOOD)[number];

/** Whether images are where they are needed. */
export type PullVerdict =
  /** Nothing is waited for. `leftOut`: hosts that lack images and are not waited for, a sentence each. */
  | { readonly kind: 'ready'; readonly leftOut: readonly string[] }
  | {
      readonly kind: 'waiting';
      /** One sentence. */
      readonly now: string;
      /** Stays the same while no byte moves. */
      readonly picture: string;
      readonly leftOut: readonly string[];
    }
  /** No waiting helps. `detail` names image and host. */
  | { readonly kind: 'failed'; readonly code: ForGood; readonly detail: string };

/** Whether the program on this host has said something lately. */
export function isAlive({ status }: ObservedHost, now: Date): boolean {
  const at = Date.parse(status?.guard?.at ?? '');
  return now.getTime() - at <= HOST_SILENT_MS;
}

type Judged =
  | { readonly kind: 'has-all' }
  | { readonly kind: 'left-out'; readonly why: string }
  | { readonly kind: 'waiting'; readonly now: string; readonly share: number; readonly picture: string }
  | Extract<PullVerdict, { kind: 'failed' }>;

/** What is to be thought of these images on these hosts (design §6.1). Pure. */
export function judgePulls(
  hosts: readonly ObservedHost[],
  needed: readonly SizedImage[],
  now: Date,
): PullVerdict {
  const judged = needed.length === 0 ? [] : hosts.map((host) => judgeHost(host, needed, now));
  const failed = judged.find((one) => one.kind === 'failed');
  if (failed !== undefined) return failed;
  const leftOut = judged.flatMap((one) => (one.kind === 'left-out' ? [one.why] : []));
  const waiting = judged.filter((one) => one.kind === 'waiting').toSorted((a, b) => a.share - b.share);
  const [slowest, ...others] = waiting;
  if (slowest === undefined) return { kind: 'ready', leftOut };
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  const picture = waiting.map((one) => one.picture).join(', ');
  return { kind: 'waiting', now: safeLine(`${slowest.now}${more}`), picture, leftOut };
}

function judgeHost(host: ObservedHost, needed: readonly SizedImage[], now: Date): Judged {
  const { name, status, generation, spec } = host;
  const entries = new Map((status?.pulled ?? []).map((entry) => [entry.image, entry]));
  const found = needed.map((image) => ({ image, entry: entries.get(referenceOf(image)) }));
  if (found.every(({ entry }) => entry?.state === 'present')) return { kind: 'has-all' };
  const when = 'its images are fetched when they are needed';
  if (!isAlive(host, now)) return { kind: 'left-out', why: `${name} says nothing: ${when}` };
  if (status?.rejected.some(({ what, code }) => code === 'not-supported' && what.startsWith('images')))
    return { kind: 'left-out', why: `${name} cannot fetch images ahead: ${when}` };
  const asked = needed.every((image) => spec.images.includes(referenceOf(image)));
  if (!asked || status?.observedGeneration !== generation)
    return { kind: 'waiting', now: `Waiting for the host program on ${name}`, share: 0, picture: name };
  if (found.some(({ entry }) => isHelpless(entry)))
    return { kind: 'left-out', why: `${name} cannot ask its container runtime: ${when}` };
  return forGood(name, found) ?? { kind: 'waiting', ...progressOf(name, found) };
}

/** It cannot fetch anything by itself; the platform may. A runtime that is started anew is away for a few seconds. */
const isHelpless = (entry: PulledImage | undefined): boolean =>
  entry?.code === 'pull.no-program' || (entry?.code === 'pull.no-runtime' && (entry.retries ?? 0) > BELIEVED);

interface Found {
  readonly image: SizedImage;
  readonly entry: PulledImage | undefined;
}

function forGood(
  host: string,
  found: readonly Found[],
): Extract<PullVerdict, { kind: 'failed' }> | undefined {
  for (const { image, entry } of found) {
    const code = FOR_GOOD.find((one) => one === entry?.code);
    if (entry?.state !== 'failed' || code === undefined || (entry.retries ?? 0) < BELIEVED) continue;
    const detail = safeLine(`${referenceOf(image)} on ${host}: ${entry.detail ?? 'it cannot be had'}`);
    return { kind: 'failed', code, detail };
  }
  return undefined;
}

function progressOf(
  host: string,
  found: readonly Found[],
): Omit<Extract<Judged, { kind: 'waiting' }>, 'kind'> {
  const sizes = found.map(({ image, entry }) => {
    const total = entry?.total ?? image.size ?? entry?.bytes ?? 0;
    return { total, bytes: entry?.state === 'present' ? total : Math.min(entry?.bytes ?? 0, total) };
  });
  const bytes = sizes.reduce((sum, one) => sum + one.bytes, 0);
  const total = sizes.reduce((sum, one) => sum + one.total, 0);
  const present = found.filter(({ entry }) => entry?.state === 'present').length;
  const trouble = found.find(({ entry }) => entry?.state === 'failed')?.entry;
  const items = found.length === 1 ? '1 image' : `${present} of ${found.length} images`;
  const amount = total === 0 ? '' : `, ${megabytes(bytes)} of ${megabytes(total)} MB`;
  const why = trouble?.detail === undefined ? '' : `: ${trouble.detail} (${trouble.retries ?? 1} tries)`;
  const picture = `${host} ${present} ${bytes}`;
  const share = total === 0 ? 0 : bytes / total;
  return { now: `Pulling ${items}${amount} on ${host}${why}`, share, picture };
}

const megabytes = (bytes: number): number => Math.round(bytes / 1e6);
