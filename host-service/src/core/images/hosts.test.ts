import { describe, expect, it } from 'vitest';
import { Digest, Repository } from '../../contract/names.ts';
import { HostSpec, HostStatus, type PulledImage } from '../../contract/objects.ts';
import { HOST_SILENT_MS, isAlive, judgePulls, type ObservedHost } from './hosts.ts';
import { parseReference, referenceOf, type SizedImage } from './reference.ts';

const NOW = new Date('2026-11-20T12:00:00Z');
const image = (letter: string, size?: number): SizedImage => ({
  repository: Repository.parse(`registry.test/${letter}`),
  digest: Digest.parse(`sha256:${letter.repeat(64)}`),
  ...(size === undefined ? {} : { size }),
});
const A = image('a', 40_000_000);
const B = image('b', 80_000_000);
const said = (of: SizedImage, state: PulledImage['state'], more: Partial<PulledImage> = {}): PulledImage => ({
  image: referenceOf(of),
  state,
  ...more,
});

function host(
  pulled: readonly PulledImage[],
  more: { silentMs?: number; status?: object; spec?: object } = {},
) {
  const at = new Date(NOW.getTime() - (more.silentMs ?? 0)).toISOString();
  const guard = { state: 'watching', detail: 'x', at };
  const found: ObservedHost = {
    name: 'box-1',
    generation: 2,
    resourceVersion: '7',
    spec: HostSpec.parse({ images: [A, B].map(referenceOf), ...more.spec }),
    status: HostStatus.parse({ observedGeneration: 2, guard, pulled, ...more.status }),
  };
  return found;
}
const judge = (...hosts: readonly ObservedHost[]) => judgePulls(hosts, [A, B], NOW);

describe('whether images are where they are needed', () => {
  it('is so when every host says it, and when there is no host or nothing to have', () => {
    expect(judge(host([said(A, 'present'), said(B, 'present')]))).toEqual({ kind: 'ready', leftOut: [] });
    expect(judge()).toEqual({ kind: 'ready', leftOut: [] });
    expect(judgePulls([host([])], [], NOW)).toEqual({ kind: 'ready', leftOut: [] });
  });

  it('R-01 is told in one sentence with items, bytes and host, the slowest one first', () => {
    const first = host([said(A, 'present', { bytes: 41_000_000 }), said(B, 'pulling', { bytes: 1_000_000 })]);
    expect(judge(first)).toMatchObject({ now: 'Pulling 1 of 2 images, 41 of 120 MB on box-1' });
    const behind = { ...host([said(A, 'waiting')]), name: 'box-2' };
    expect(judge(first, behind)).toMatchObject({
      now: 'Pulling 0 of 2 images, 0 of 120 MB on box-2 (and 1 more)',
    });
    const one = judgePulls([host([said(A, 'pulling', { bytes: 4e6, total: 8e6 })])], [A], NOW);
    expect(one).toMatchObject({ now: 'Pulling 1 image, 4 of 8 MB on box-1' });
    const unsized = [image('c')];
    const spec = { images: unsized.map(referenceOf) };
    expect(judgePulls([host([], { spec })], unsized, NOW)).toMatchObject({ now: 'Pulling 1 image on box-1' });
  });

  it('shows the same picture while no byte moves, whatever is tried', () => {
    const tried = (retries: number) =>
      judge(host([said(A, 'failed', { code: 'pull.failed', detail: 'no route', retries })]));
    const [once, often] = [tried(1), tried(9)];
    expect(once).toMatchObject({
      kind: 'waiting',
      now: 'Pulling 0 of 2 images, 0 of 120 MB on box-1: no route (1 tries)',
    });
    expect(often).toMatchObject({ kind: 'waiting', picture: (once as { picture: string }).picture });
    const moved = judge(host([said(A, 'pulling', { bytes: 1 })]));
    expect((moved as { picture: string }).picture).not.toBe((once as { picture: string }).picture);
  });

  it.each([
    ['says nothing any more', host([], { silentMs: HOST_SILENT_MS + 1 }), /^box-1 says nothing/],
    ['never said anything', { ...host([]), status: undefined }, /^box-1 says nothing/],
    [
      'is older than what it is asked for',
      host([], {
        status: { rejected: [{ what: 'images: x', code: 'not-supported', at: NOW.toISOString() }] },
      }),
      /^box-1 cannot fetch images ahead/,
    ],
    [
      'has no program for it',
      host([said(A, 'failed', { code: 'pull.no-program', retries: 1 })]),
      /^box-1 cannot ask its container runtime/,
    ],
    [
      'has lost its runtime',
      host([said(A, 'failed', { code: 'pull.no-runtime', retries: 3 })]),
      /^box-1 cannot ask its container runtime/,
    ],
  ])('R-15 never waits for a host that %s, and says so', (_, found, why) => {
    const verdict = judge(found);
    expect(verdict).toMatchObject({ kind: 'ready', leftOut: [expect.stringMatching(why)] });
  });

  it('waits for a runtime that is started anew, and for a host that has not answered its wish yet', () => {
    expect(judge(host([said(A, 'failed', { code: 'pull.no-runtime', retries: 1 })])).kind).toBe('waiting');
    const old = host([], { status: { observedGeneration: 1 } });
    expect(judge(old)).toMatchObject({ now: 'Waiting for the host program on box-1' });
    expect(judge(host([], { spec: { images: [] } }))).toMatchObject({
      now: 'Waiting for the host program on box-1',
    });
  });

  it.each(['pull.missing', 'pull.wrong-platform'] as const)(
    'R-42 %s is believed when it was said twice, and then ends the wait',
    (code) => {
      const saying = (retries: number) =>
        judge(host([said(B, 'failed', { code, detail: 'not there', retries })]));
      expect(saying(1).kind).toBe('waiting');
      expect(saying(2)).toEqual({
        ...{ kind: 'failed', code },
        detail: `${referenceOf(B)} on box-1: not there`,
      });
    },
  );

  it('R-27 a registry that refuses or is away, and a full disk, are waited for', () => {
    for (const code of ['pull.refused', 'pull.failed', 'pull.no-space'])
      expect(judge(host([said(A, 'failed', { code, retries: 50 })])).kind).toBe('waiting');
  });

  it('a host whose clock is ahead lives; one without a readable time does not', () => {
    expect(isAlive(host([], { silentMs: -3_600_000 }), NOW)).toBe(true);
    expect(isAlive({ ...host([]), status: HostStatus.parse({}) }, NOW)).toBe(false);
  });
});

describe('a reference to an image', () => {
  it.each([
    'registry.test/a',
    'registry.test/a:1',
    `-registry.test/a@sha256:${'a'.repeat(64)}`,
    `--config/a@sha256:${'a'.repeat(64)}`,
    `registry.test/a:1@sha256:${'a'.repeat(64)}`,
    `registry.test/a@sha256:${'a'.repeat(63)}`,
    `registry.test/a@sha256:${'a'.repeat(64)} --prune`,
    `registry.test/../a@sha256:${'a'.repeat(64)}`,
    `@sha256:${'a'.repeat(64)}`,
    '',
  ])('is never %j: it stands in the arguments of programs', (text) => {
    expect(parseReference(text)).toBeUndefined();
  });

  it('is a repository and a digest', () => {
    const text = `127.0.0.1:5000/vendor/web_app@sha256:${'0'.repeat(64)}`;
    const parsed = parseReference(text);
    expect(parsed && referenceOf(parsed)).toBe(text);
  });
});
