import { describe, expect, it } from 'vitest';
import { PROBLEMS } from '../../contract/problem.ts';
import { readActive, readImages, readManifest } from './answers.ts';
import { failureOf } from './failure.ts';

const ZERO = `sha256:${'0'.repeat(64)}`;
const fatal = (message: string): string =>
  `E1121 22:40:39.559508 7890 remote_image.go:250] "PullImage from image service failed"\ntime="2026-11-21T22:40:39Z" level=fatal msg="${message}"\n`;
const unpack = (rest: string): string =>
  fatal(
    `pulling image: rpc error: code = NotFound desc = failed to pull and unpack image \\"r.test/a@${ZERO}\\": ${rest}`,
  );

describe('what the programs of a runtime say when they fail', () => {
  // As they were printed by crictl 1.36 and ctr 2.1 with containerd 2.1.
  it.each([
    [unpack(`failed to resolve image: r.test/a@${ZERO}: not found`), 'pull.missing'],
    [
      fatal(
        `pulling image: get image config descriptor: no match for platform in manifest ${ZERO}: not found`,
      ),
      'pull.wrong-platform',
    ],
    [
      unpack(
        'failed to resolve image: failed to do request: Head \\"https://r.test/v2/a\\": dial tcp 127.0.0.1:5998: connect: connection refused',
      ),
      'pull.failed',
    ],
    [unpack('failed to do request: dial tcp: lookup r.test on 10.0.0.1:53: no such host'), 'pull.failed'],
    [
      unpack(
        'failed to resolve image: unexpected status from HEAD request to https://r.test/v2/: 403 Forbidden',
      ),
      'pull.refused',
    ],
    [
      unpack(
        'failed to resolve image: pull access denied, repository does not exist or may require authorization',
      ),
      'pull.refused',
    ],
    [unpack('failed to extract layer: write /x/y: no space left on device'), 'pull.no-space'],
    [
      fatal(
        'validate service connection: validate CRI v1 image API: dial unix /tmp/none.sock: connect: no such file or directory',
      ),
      'pull.no-runtime',
    ],
    ['ctr: failed to dial \\"/x\\": context deadline exceeded\n', 'pull.no-runtime'],
    ['k3s: no such command here: crictl\n', 'pull.no-program'],
    ["No help topic for 'crictl'\n", 'pull.no-program'],
    ['', 'pull.failed'],
    ['something that nobody has seen before', 'pull.failed'],
  ])('R-27 %j is %s', (output, code) => {
    const problem = failureOf(output);
    expect(problem.code).toBe(code);
    expect(problem.detail.length).toBeGreaterThan(0);
    expect(problem.detail.length).toBeLessThanOrEqual(160);
    expect(Object.keys(PROBLEMS)).toContain(problem.code);
  });

  it('tells the cause, without what may be a secret and without control characters', () => {
    const secret = unpack(
      'failed open: Get \\"https://user:hunter2@cdn.test/blob?X-Amz-Signature=deadbeef&x=1\\": EOF \u0007',
    );
    const { detail } = failureOf(secret);
    expect(detail).toBe('failed open: Get "https://cdn.test/blob": EOF');
  });
});

describe('what they answer', () => {
  it('images with their references, bytes and whether they are kept; anything else is no answer', () => {
    const images = [
      { id: 'x', repoTags: [], repoDigests: [`r.test/a@${ZERO}`], size: '6003160', pinned: true },
      { id: 'y', repoDigests: null },
    ];
    expect(readImages(JSON.stringify({ images }))).toEqual([
      { references: [`r.test/a@${ZERO}`], bytes: 6_003_160, isPinned: true },
      { references: [], bytes: 0, isPinned: false },
    ]);
    for (const text of ['', 'null', '{}', '{"images":[{"size":"-1"}]}', '{"images":7}'])
      expect(() => readImages(text)).toThrow('pull.no-runtime');
  });

  it('bytes on their way, in the units that people read', () => {
    const line = (letter: string, size: string): string =>
      `layer-sha256:${letter.repeat(64)}\t${size}\t3 seconds \t`;
    const text = [
      'REF\tSIZE\tAGE\t',
      line('a', '1.5MiB'),
      line('b', '512B'),
      line('c', '12.25 KiB'),
      'x 1MiB',
    ];
    expect([...readActive(text.join('\n')).values()]).toEqual([1_572_864, 512, 12_544]);
  });

  it('the parts of an image for this processor', () => {
    const config = { digest: ZERO, size: 10 };
    const layers = [{ digest: ZERO, size: 20, mediaType: 'x' }];
    expect(readManifest(JSON.stringify({ config, layers }), 'amd64')).toEqual({
      parts: [config, { digest: ZERO, size: 20 }],
    });
    const manifests = [{ digest: ZERO, size: 1, platform: { os: 'linux', architecture: 'arm64' } }];
    expect(readManifest(JSON.stringify({ manifests }), 'arm64')).toEqual({ child: ZERO });
    expect(readManifest(JSON.stringify({ manifests }), 'amd64')).toBeUndefined();
    expect(
      readManifest('{"config":{"digest":"sha256:../../etc","size":1},"layers":[]}', 'amd64'),
    ).toBeUndefined();
  });
});
