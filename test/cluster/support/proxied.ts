import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startApiProxy, type ApiProxy } from './api-proxy.ts';
import type { ControlPlane } from './control-plane.ts';
import type { Scene } from './scene.ts';

/** A control plane that reaches the API server through a proxy of its own; the audit log shows its name. */
export interface Proxied {
  readonly name: string;
  readonly box: ControlPlane;
  readonly proxy: ApiProxy;
}

/** Not started yet; `proxy.close()` when done. */
export async function proxied(scene: Scene, name: string): Promise<Proxied> {
  const { world } = scene;
  const ca = await readFile(world.caFile, 'utf8');
  const proxy = await startApiProxy({ apiServer: world.apiServer, ca, name });
  const path = join(world.folder, `${name}.kubeconfig`);
  const config = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'x' },
    clusters: [{ name: 'c', cluster: { server: proxy.url } }],
    users: [{ name: 'u', user: { token: world.token } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
  };
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  return { name, box: scene.controlPlane(name, {}, path), proxy };
}
