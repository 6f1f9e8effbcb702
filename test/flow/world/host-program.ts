import { GROUP_VERSION } from 'host-service/contract/names.ts';
import { HostSpec, HostStatus, type PulledImage } from 'host-service/contract/objects.ts';
import type { ProblemCode } from 'host-service/contract/problem.ts';
import type { Box } from './box.ts';

const HEAD = { apiVersion: GROUP_VERSION, kind: 'Host' } as const;

/** What the program on a host writes, as the engine sees it: a second goes by with each tick. The program itself is tested elsewhere. */
export class HostProgram {
  /** Bytes a second. */
  rate = 1_000_000;
  isSilent = false;
  /** By a part of the reference: why it cannot be had. */
  readonly faults = new Map<string, ProblemCode>();
  private readonly here = new Map<string, number>();
  private readonly failures = new Map<string, number>();
  private readonly box: Box;
  private readonly name: string;

  constructor(box: Box, name = 'box-1') {
    this.box = box;
    this.name = name;
    const { store } = box.cluster;
    const known = store.get({ kind: HEAD.kind, name });
    if (known === undefined) store.create({ ...HEAD, metadata: { name }, spec: { images: [] } });
    this.tick();
  }

  /** The same host in a copy of its box. */
  on(box: Box): HostProgram {
    const copy = new HostProgram(box, this.name);
    copy.rate = this.rate;
    for (const [image, bytes] of this.here) copy.here.set(image, bytes);
    return copy;
  }

  get wanted(): HostSpec {
    return HostSpec.parse(this.object()['spec']);
  }

  private object() {
    return this.box.cluster.must('Host', this.name);
  }

  /** How often its wishes were changed. */
  get generation(): number {
    return this.object().metadata.generation ?? 0;
  }

  pulled(): readonly PulledImage[] {
    return HostStatus.parse(this.object()['status']).pulled;
  }

  tick(): void {
    if (this.isSilent) return;
    const { images, imageBytes = {} } = this.wanted;
    for (const known of [...this.here.keys(), ...this.failures.keys()])
      if (!images.includes(known)) this.failures.delete(known);
    const sizeOf = (image: string): number => imageBytes[image.slice(image.indexOf('@') + 1)] ?? 1_000;
    const missing = images.filter((image) => (this.here.get(image) ?? 0) < sizeOf(image));
    const free = missing.filter((image) => this.faultOf(image) === undefined);
    const [next] = free.toSorted((a, b) => sizeOf(a) - sizeOf(b));
    if (next !== undefined)
      this.here.set(next, Math.min(sizeOf(next), (this.here.get(next) ?? 0) + this.rate));
    for (const image of missing)
      if (this.faultOf(image) !== undefined) this.failures.set(image, (this.failures.get(image) ?? 0) + 1);
    const at = this.box.clock.now().toISOString();
    const pulled = images.map((image) => this.entryOf(image, sizeOf(image)));
    const { apiVersion, kind } = HEAD;
    this.box.cluster.store.replaceStatus({
      ...{ apiVersion, kind, metadata: { name: this.name } },
      status: {
        observedGeneration: this.generation,
        guard: { state: 'watching', detail: 'serves', at },
        pulled,
      },
    });
  }

  private faultOf(image: string): ProblemCode | undefined {
    return [...this.faults].find(([part]) => image.includes(part))?.[1];
  }

  private entryOf(image: string, total: number): PulledImage {
    const bytes = this.here.get(image) ?? 0;
    if (bytes >= total) return { image, state: 'present', bytes };
    const code = this.faultOf(image);
    if (code === undefined) return { image, state: bytes > 0 ? 'pulling' : 'waiting', bytes, total };
    const retries = this.failures.get(image) ?? 0;
    return { image, state: 'failed', retries, code, detail: 'it cannot be had', total };
  }
}
