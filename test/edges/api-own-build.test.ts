import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownBuild } from 'host-service/own-build.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appliance-build-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('which build a control plane is', () => {
  it('says its image, where there is one', async () => {
    const path = join(folder, 'release-manifest.json');
    const manifest = {
      ...{ version: '1.2.3', sourceRevision: 'main@sha1:0123456', built: '2026-11-20T10:00:00Z' },
      ...{ contract: 2, uiBuild: 'abc' },
    };
    await writeFile(path, JSON.stringify(manifest));
    expect(ownBuild(path)).toEqual({
      ...{ version: '1.2.3', build: '1.2.3-main@sha1:0123456', contract: 2 },
      ...{ sourceRevision: 'main@sha1:0123456', built: '2026-11-20T10:00:00Z' },
    });
  });

  it('says that it runs from the sources, where there is none', () => {
    const own = ownBuild(join(folder, 'none.json'));
    expect(own.build).toBe(`${own.version}-source`);
    expect([own.sourceRevision, own.built]).toEqual([undefined, undefined]);
  });

  it('does not start as an image that cannot say what it is', async () => {
    const path = join(folder, 'release-manifest.json');
    for (const text of ['{', '[]', '{"version":"one"}', '{"version":"1.0.0","built":"yesterday"}']) {
      await writeFile(path, text);
      expect(() => ownBuild(path)).toThrow(expect.objectContaining({ code: 'config.invalid' }));
    }
  });
});
