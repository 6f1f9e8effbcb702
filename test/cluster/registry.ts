import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';

/** What a push answers: the digest of the manifest. */
export interface Pushed {
  readonly digest: string;
  readonly size: number;
}

export interface Blob {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** Packs files as a tar.gz (ustar, fixed times and owners: same files, same bytes). */
export function tarGz(files: Readonly<Record<string, string>>): Buffer {
  const blocks: Buffer[] = [];
  for (const [name, text] of Object.entries(files)) {
    const content = Buffer.from(text);
    const header = Buffer.alloc(512);
    header.write(name, 0, 100);
    header.write('0000644\0', 100);
    header.write('0000000\0', 108);
    header.write('0000000\0', 116);
    header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('00000000000\0', 136);
    header.write('        ', 148);
    header.write('0', 156);
    header.write('ustar\u000000', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    blocks.push(header, content, Buffer.alloc((512 - (content.length % 512)) % 512));
  }
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

/** Pushes an OCI image manifest with its blobs over plain HTTP and tags it. */
export async function pushManifest(
  registry: string,
  repository: string,
  tag: string,
  content: {
    readonly config: Blob;
    readonly layers: readonly Blob[];
    readonly artifactType?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  },
): Promise<Pushed> {
  const base = `http://${registry}/v2/${repository}`;
  for (const blob of [content.config, ...content.layers]) {
    const started = await send('POST', `${base}/blobs/uploads/`);
    const target = new URL(started.location, base);
    target.searchParams.set('digest', digestOf(blob.bytes));
    await send('PUT', target.href, blob.bytes, 'application/octet-stream');
  }
  const describe = ({ mediaType, bytes }: Blob): object => ({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length,
  });
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const { artifactType, annotations } = content;
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      artifactType,
      config: describe(content.config),
      layers: content.layers.map(describe),
      annotations,
    }),
  );
  await send('PUT', `${base}/manifests/${tag}`, manifest, mediaType);
  return { digest: digestOf(manifest), size: manifest.length };
}

/** Pushes files the way `flux push artifact` does. */
export async function pushFluxArtifact(
  registry: string,
  repository: string,
  tag: string,
  files: Readonly<Record<string, string>>,
): Promise<Pushed> {
  return pushManifest(registry, repository, tag, {
    config: { mediaType: 'application/vnd.cncf.flux.config.v1+json', bytes: Buffer.from('{}') },
    layers: [{ mediaType: 'application/vnd.cncf.flux.content.v1.tar+gzip', bytes: tarGz(files) }],
  });
}

/** Pushes a Helm chart the way `helm push` does: `files` are named `<chart>/Chart.yaml` and so on. */
export async function pushChart(
  registry: string,
  repository: string,
  chart: { readonly name: string; readonly version: string },
  files: Readonly<Record<string, string>>,
): Promise<Pushed> {
  const config = Buffer.from(JSON.stringify({ ...chart, apiVersion: 'v2', type: 'application' }));
  return pushManifest(registry, repository, chart.version, {
    config: { mediaType: 'application/vnd.cncf.helm.config.v1+json', bytes: config },
    layers: [{ mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip', bytes: tarGz(files) }],
  });
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

async function send(
  method: string,
  url: string,
  body?: Uint8Array,
  type?: string,
): Promise<{ readonly location: string }> {
  const headers = {
    'content-length': body?.length ?? 0,
    ...(type === undefined ? {} : { 'content-type': type }),
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers }, (answer) => {
      answer.resume();
      const status = answer.statusCode ?? 0;
      if (status > 299) {
        reject(new Error(`${method} ${url}: ${status}`));
      } else {
        resolve({ location: answer.headers.location ?? '' });
      }
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
