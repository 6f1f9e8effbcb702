import { Problem } from '../../contract/problem.ts';
import { parseReference, referenceOf } from '../../core/images/reference.ts';
import { readActive, readImages, readManifest, readNames, type Listed, type Part } from './answers.ts';
import { program, type Command } from './programs.ts';

export interface ContainerdOptions {
  /** Path of the runtime's socket. */
  readonly socket: string;
  /** Where the programs lie; default: those of the platform. */
  readonly crictl?: Command | undefined;
  readonly ctr?: Command | undefined;
  /** Processor as Node names it, e.g. x64. */
  readonly processor: string;
}

/** As the host program wants it: its port of the same members says what each does. */
export interface Containerd {
  list(signal: AbortSignal): Promise<readonly Listed[]>;
  pinned(signal: AbortSignal): Promise<readonly string[]>;
  pull(reference: string, signal: AbortSignal): Promise<void>;
  progress(reference: string, signal: AbortSignal): Promise<{ bytes: number; total: number } | undefined>;
  pin(reference: string, signal: AbortSignal): Promise<void>;
  unpin(reference: string, signal: AbortSignal): Promise<void>;
}

/** Kubernetes' own corner of the runtime. */
const NAMESPACE = 'k8s.io';
/** The runtime's own mark that its garbage collection leaves an image alone, and ours that says who set it. */
const PINNED = 'io.cri-containerd.pinned';
const OURS = 'appliance.nineminds.com/pinned-by';
/** Milliseconds for everything but fetching. */
const LIMIT_MS = 30_000;

/**
 * The images of this host's containerd, asked through the two programs that come with it: `crictl` speaks as the platform itself does, so that its
 * mirrors and credentials apply; `ctr` knows what is on its way. Nothing is given to them that was not parsed before.
 */
export function createHostImages({ socket, processor, ...given }: ContainerdOptions): Containerd {
  const [crictl, ctr] = [program('crictl', given.crictl), program('ctr', given.ctr)];
  const endpoint = `unix://${socket}`;
  const speak = ['--config', '/dev/null', '--timeout', '20s', '--runtime-endpoint', endpoint];
  speak.push('--image-endpoint', endpoint);
  const inside = ['--address', socket, '--namespace', NAMESPACE];
  const architecture = processor === 'x64' ? 'amd64' : processor;
  const cri = (args: readonly string[], signal: AbortSignal, limitMs: number | undefined = LIMIT_MS) =>
    crictl([...speak, ...args], { limitMs, signal });
  const content = (args: readonly string[], signal: AbortSignal) =>
    ctr([...inside, ...args], { limitMs: LIMIT_MS, signal });
  const label = async (reference: string, isPinned: boolean, signal: AbortSignal): Promise<void> => {
    // An empty value takes a label away.
    const labels = [`${PINNED}=${isPinned ? 'pinned' : ''}`, `${OURS}=${isPinned ? 'agent' : ''}`];
    await content(['images', 'label', safe(reference), ...labels], signal);
  };
  const layout = layoutReader((digest, signal) => content(['content', 'get', digest], signal), architecture);

  return {
    list: async (signal) => readImages(await cri(['images', '--output', 'json'], signal).catch(asAway)),
    pinned: async (signal) =>
      readNames(await content(['images', 'list', '--quiet', `labels."${OURS}"==agent`], signal)),
    pull: async (reference, signal) => {
      // The runtime itself gives up what stands still.
      await crictl([...speak, 'pull', safe(reference)], { limitMs: undefined, signal });
    },
    progress: async (reference, signal) => {
      const parts = await layout(safe(reference), signal);
      if (parts === undefined) return undefined;
      const here = new Set(readNames(await content(['content', 'list', '--quiet'], signal)));
      const active = readActive(await content(['content', 'active'], signal));
      const bytesOf = ({ digest, size }: Part): number =>
        here.has(digest) ? size : Math.min(active.get(digest) ?? 0, size);
      return {
        bytes: parts.reduce((sum, part) => sum + bytesOf(part), 0),
        total: parts.reduce((sum, { size }) => sum + size, 0),
      };
    },
    pin: (reference, signal) => label(reference, true, signal),
    unpin: (reference, signal) => label(reference, false, signal),
  };
}

/** Who cannot even list what is there is of no use, whatever the reason. */
function asAway(error: unknown): never {
  if (error instanceof Problem && error.code !== 'pull.failed' && error.code !== 'pull.missing') throw error;
  throw new Problem('pull.no-runtime', error instanceof Problem ? error.detail : 'it gives no answer', {
    cause: error,
  });
}

/** A reference as it may stand in arguments. What is none never gets here; if it does, that is a fault of ours. */
function safe(reference: string): string {
  const parsed = parseReference(reference);
  if (parsed === undefined) throw new Problem('internal.bug', 'an image is not named by its digest');
  return referenceOf(parsed);
}

type Layout = (reference: string, signal: AbortSignal) => Promise<readonly Part[] | undefined>;

/** The parts of an image, once its manifest has come; of the last one asked for only. */
function layoutReader(
  get: (digest: string, signal: AbortSignal) => Promise<string>,
  architecture: string,
): Layout {
  const known: { reference: string; parts: readonly Part[] | undefined } = {
    reference: '',
    parts: undefined,
  };
  const read = async (digest: string, signal: AbortSignal): Promise<readonly Part[] | undefined> => {
    const first = readManifest(await get(digest, signal), architecture);
    if (first === undefined || 'parts' in first) return first?.parts;
    const second = readManifest(await get(first.child, signal), architecture);
    return second !== undefined && 'parts' in second ? second.parts : undefined;
  };
  return async (reference, signal) => {
    if (known.reference === reference && known.parts !== undefined) return known.parts;
    try {
      const parts = await read(reference.slice(reference.indexOf('@') + 1), signal);
      Object.assign(known, { reference, parts });
      return parts;
    } catch (error) {
      // It has not come yet.
      if (error instanceof Problem && error.code === 'pull.missing') return undefined;
      throw error;
    }
  };
}
