import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { CONTROL_PLANE_NAMESPACE } from '../../contract/names.ts';
import { accept, refuse, type Verdict } from '../../contract/problem.ts';
import { FluxPin } from '../../contract/product.ts';
import type { ReleaseParts } from '../plan/observed.ts';
import { hasControlPlane, readControlPlane } from '../roll/manifests.ts';

const FOLDER = 'flux/';
/** More objects than any delivery engine has: a document of a thousand would be a mistake. */
const MAX_OBJECTS = 512;
/** YAML aliases: none are needed, few are harmless, many are an attack. */
const MAX_ALIASES = 64;

/** The least that makes an object: everything else is judged by the API server. */
const Manifest = z.looseObject({
  apiVersion: z.string().min(1).max(128),
  kind: z.string().min(1).max(128),
  metadata: z.looseObject({ name: z.string().min(1).max(253), namespace: z.string().max(63).optional() }),
});

/** Whether a bundle brings its own delivery engine; those of the predecessor do not. */
export const hasParts = (files: ReadonlyMap<string, Uint8Array>): boolean => files.has(`${FOLDER}flux.yaml`);

/**
 * Reads `flux/` of a config bundle: the pin and its manifests, parsed, in the order that the pin names; and `control-plane/`, for its
 * namespace. Problem release.bundle-invalid names the file.
 */
export function readParts(
  files: ReadonlyMap<string, Uint8Array>,
  namespace: string = CONTROL_PLANE_NAMESPACE,
): Verdict<ReleaseParts> {
  const pinDocuments = yamlOf(files, 'flux.yaml');
  if (!pinDocuments.ok) return pinDocuments;
  const pin = FluxPin.safeParse(pinDocuments.value[0]);
  if (!pin.success) return bad('flux.yaml', firstIssue(pin.error));
  const manifests: z.infer<typeof Manifest>[] = [];
  for (const file of pin.data.manifests) {
    const documents = yamlOf(files, file);
    if (!documents.ok) return documents;
    for (const document of documents.value) {
      if (document === null) continue;
      const manifest = Manifest.safeParse(document);
      if (!manifest.success) return bad(file, firstIssue(manifest.error));
      if (manifest.data.kind === 'Secret') return bad(file, 'has a Secret; a bundle is public');
      manifests.push(manifest.data);
    }
  }
  if (manifests.length > MAX_OBJECTS) return bad('flux.yaml', `names more than ${MAX_OBJECTS} objects`);
  const controlPlane = hasControlPlane(files) ? readControlPlane(files, namespace) : undefined;
  return accept({ flux: pin.data, fluxManifests: manifests, ...(controlPlane && { controlPlane }) });
}

function yamlOf(files: ReadonlyMap<string, Uint8Array>, name: string): Verdict<readonly unknown[]> {
  const bytes = files.get(`${FOLDER}${name}`);
  if (bytes === undefined) return bad(name, 'is missing');
  const values: unknown[] = [];
  const text = new TextDecoder().decode(bytes);
  for (const document of parseAllDocuments(text, { version: '1.2', schema: 'core', uniqueKeys: true })) {
    const [error] = document.errors;
    if (error !== undefined) return bad(name, error.message);
    try {
      values.push(document.toJS({ maxAliasCount: MAX_ALIASES }));
    } catch (error_) {
      return bad(name, error_ instanceof Error ? error_.message : 'cannot be read');
    }
  }
  return accept(values);
}

const bad = (file: string, detail: string): ReturnType<typeof refuse> =>
  refuse('release.bundle-invalid', `${FOLDER}${file}: ${detail}`, `${FOLDER}${file}`);

function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue === undefined ? 'is not as it should be' : `${issue.path.join('.')}: ${issue.message}`;
}
