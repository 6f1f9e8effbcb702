import { z } from 'zod';
import { Digest } from '../../contract/names.ts';
import { Problem } from '../../contract/problem.ts';

const Images = z.looseObject({
  images: z.array(
    z.looseObject({
      repoDigests: z.array(z.string().max(1024)).nullish(),
      size: z
        .string()
        .regex(/^\d{1,15}$/)
        .nullish(),
      pinned: z.boolean().nullish(),
    }),
  ),
});

const Blob = z.looseObject({ digest: Digest, size: z.int().min(0) });
const Platform = z.looseObject({ architecture: z.string(), os: z.string() });
const Index = z.looseObject({ manifests: z.array(Blob.extend({ platform: Platform.optional() })).max(1024) });
const Manifest = z.looseObject({ config: Blob, layers: z.array(Blob).max(1024) });

/** A part of an image, in bytes. */
export interface Part {
  readonly digest: Digest;
  readonly size: number;
}

/** An image as the runtime lists it. */
export interface Listed {
  readonly references: readonly string[];
  readonly bytes: number;
  readonly isPinned: boolean;
}

/** What `crictl images --output json` prints. Throws Problem pull.no-runtime when it is anything else. */
export function readImages(text: string): readonly Listed[] {
  const parsed = Images.safeParse(json(text));
  if (!parsed.success) throw new Problem('pull.no-runtime', 'its list of images cannot be read');
  return parsed.data.images.map(({ repoDigests, size, pinned }) => ({
    references: repoDigests ?? [],
    bytes: Number(size ?? 0),
    isPinned: pinned === true,
  }));
}

/** Config and layers of a manifest, or the manifest for this processor out of an index; undefined = neither. */
export function readManifest(
  text: string,
  architecture: string,
): { readonly parts: readonly Part[] } | { readonly child: Digest } | undefined {
  const value = json(text);
  const manifest = Manifest.safeParse(value);
  if (manifest.success) {
    const { config, layers } = manifest.data;
    return { parts: [config, ...layers].map(({ digest, size }) => ({ digest, size })) };
  }
  const child = Index.safeParse(value).data?.manifests.find(
    ({ platform }) => platform?.os === 'linux' && platform.architecture === architecture,
  );
  return child === undefined ? undefined : { child: child.digest };
}

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/** What `ctr content active` prints: bytes of each part on its way, by digest, to three or four digits. */
export function readActive(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = /-(sha256:[a-f0-9]{64})\s+(\d+(?:\.\d+)?)\s*([KMGT]?)i?B\s/.exec(line);
    const [, digest, amount, unit] = match ?? [];
    if (digest === undefined) continue;
    found.set(digest, Math.round(Number(amount) * (UNITS[unit ?? ''] ?? 1)));
  }
  return found;
}

/** What `--quiet` lists print: one name a line. */
export const readNames = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
