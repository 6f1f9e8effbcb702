import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** One program of the test world: built from a Go module below `go/`, or a Debian package. */
export interface Tool {
  readonly name: string;
  readonly source:
    | {
        readonly kind: 'go';
        readonly folder: string;
        readonly package: string;
        readonly ldflags?: string;
        readonly crds?: string;
      }
    | { readonly kind: 'debian'; readonly package: string };
  /** A ready binary older than this is not used; asked by `<name> --version`. */
  readonly atLeast?: readonly [major: number, minor: number];
  /** False for programs that must come with the files of their module (custom resource definitions). */
  readonly ready?: false;
}

const KUBE = 'v1.36.3';
// Clients refuse a server without a semantic version.
const KUBE_LDFLAGS = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version']
  .map((name) => `-X ${name}.gitVersion=${KUBE}`)
  .join(' ');

function kube(name: string, folder = 'kube'): Tool {
  return {
    name,
    source: { kind: 'go', folder, package: `k8s.io/kubernetes/cmd/${name}`, ldflags: KUBE_LDFLAGS },
  };
}

function flux(name: string): Tool {
  const module = `github.com/fluxcd/${name}`;
  return { name, ready: false, source: { kind: 'go', folder: name, package: module, crds: module } };
}

/** The container runtime looks for these four in one folder, so that they always come from our own. */
function cni(name: string, place: string): Tool {
  const path = `github.com/containernetworking/plugins/plugins/${place}/${name}`;
  return { name, ready: false, source: { kind: 'go', folder: 'cni', package: path } };
}

function debian(name: string): Tool {
  return { name, source: { kind: 'debian', package: name } };
}

function go(name: string, path: string): Tool {
  return { name, source: { kind: 'go', folder: name, package: path } };
}

function newer(name: string, program: string): Tool {
  const path = `github.com/containerd/containerd/v2/cmd/${program}`;
  return { name, ready: false, source: { kind: 'go', folder: 'containerd', package: path } };
}

/** Everything the cluster tier uses, in the order in which it is built. */
export const TOOLS: readonly Tool[] = [
  kube('kube-apiserver'),
  // Debian 12 has 3.4, for which the API server reports no support of RequestWatchProgress.
  { ...go('etcd', 'go.etcd.io/etcd/server/v3'), atLeast: [3, 5] },
  kube('kube-controller-manager'),
  kube('kube-scheduler'),
  flux('source-controller'),
  flux('kustomize-controller'),
  flux('helm-controller'),
  go('kwok', 'sigs.k8s.io/kwok/cmd/kwok'),
  go('helm', 'helm.sh/helm/v3/cmd/helm'),
  go('crane', 'github.com/google/go-containerregistry/cmd/crane'),
  go('cosign', 'github.com/sigstore/cosign/v3/cmd/cosign'),
  debian('docker-registry'),
  debian('skopeo'),
];

/** What a real node needs besides; only the node tier asks for it. */
export const NODE_TOOLS: readonly Tool[] = [
  debian('containerd'),
  debian('runc'),
  debian('iptables'),
  debian('conntrack'),
  cni('bridge', 'main'),
  cni('loopback', 'main'),
  cni('host-local', 'ipam'),
  cni('portmap', 'meta'),
  { ...go('pause', '.'), ready: false },
  kube('kubelet', 'kube-node'),
  kube('kube-proxy', 'kube-node'),
  kube('kubectl', 'kube-node'),
  go('crictl', 'sigs.k8s.io/cri-tools/cmd/crictl'),
  // What the platform itself brings; Debian 12 has 1.6, which does not know that an image is kept.
  newer('containerd2', 'containerd'),
  newer('ctr2', 'ctr'),
];

/** Everything that any tier starts. */
export const ALL_TOOLS: readonly Tool[] = [...TOOLS, ...NODE_TOOLS];

/** Without these no world starts; what else is missing disables the tests that need it. */
export const ESSENTIAL: readonly string[] = TOOLS.map((tool) => tool.name).filter(
  (name) => !['cosign', 'skopeo'].includes(name),
);

/** The folder of the Go module that pins a tool. */
export function moduleFolder(folder: string): string {
  return join(import.meta.dirname, 'go', folder);
}

/** The directory, outside the tree, that keeps what was built from these bytes of a module folder. */
export async function cacheFolder(folder: string): Promise<string> {
  const root =
    process.env['APPLIANCE_TEST_CACHE'] ??
    join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'appliance-control-plane', 'test-bin');
  const hash = createHash('sha256').update(`${process.platform}/${process.arch} ${KUBE_LDFLAGS}`);
  const base = moduleFolder(folder);
  const files = await readdir(base, { recursive: true, withFileTypes: true });
  const names = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  for (const name of names.sort()) {
    hash.update(`\0${name.slice(base.length)}\0`).update(await readFile(name));
  }
  return join(root, `${folder}-${hash.digest('hex').slice(0, 16)}`);
}

/** True for an executable file. */
export async function executable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** The first executable of this name in the envtest assets and on PATH. */
export async function onPath(name: string): Promise<string | undefined> {
  const folders = [process.env['KUBEBUILDER_ASSETS'], ...(process.env['PATH'] ?? '').split(delimiter)];
  for (const folder of folders) {
    if (folder !== undefined && folder !== '' && (await executable(join(folder, name)))) {
      return join(folder, name);
    }
  }
  return undefined;
}
