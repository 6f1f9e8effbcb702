import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EmbeddedKubernetes, KubernetesOptions } from '../ports.ts';
import { ApiListener } from './server.ts';

/** The embedded API as its own process sees it. */
export interface InnerKubernetes extends EmbeddedKubernetes {
  /** What a container has printed so far; with `previous`, in its run before. Replaces what was said before. */
  setLog(
    pod: { readonly namespace: string; readonly name: string },
    container: string,
    previous: boolean,
    text: string,
  ): void;
}

const kubeconfigOf = (url: string, token: string): string => `apiVersion: v1
kind: Config
current-context: embedded
clusters:
  - name: embedded
    cluster:
      server: ${url}
users:
  - name: admin
    user:
      token: ${token}
contexts:
  - name: embedded
    context:
      cluster: embedded
      user: admin
`;

/**
 * An API server in this process, on loopback without TLS, with one administrator. It keeps everything in memory, has no controllers but
 * those that remove objects, and is held to the real one by test/edges/kubernetes-contract.ts.
 */
export async function startKubernetes(options: KubernetesOptions): Promise<InnerKubernetes> {
  const token = randomBytes(24).toString('base64url');
  const listener = new ApiListener(token, options.port ?? 0);
  await listener.listen();
  const kubeconfig = join(options.folder, 'kubeconfig');
  try {
    await mkdir(options.folder, { recursive: true });
    await writeFile(kubeconfig, kubeconfigOf(listener.url, token), { mode: 0o600 });
  } catch (error) {
    await listener.close();
    throw error;
  }
  return {
    url: listener.url,
    token,
    kubeconfig,
    get fault() {
      return listener.faults.present;
    },
    setFault: async (fault) => listener.setFault(fault),
    audit: () => listener.audit(),
    setLog: (pod, container, previous, text) => listener.api.logs.set(pod, container, previous, text),
    stop: async () => {
      listener.api.stop();
      await listener.close();
    },
  };
}
