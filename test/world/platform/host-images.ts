import type { HostSpec, HostStatus, PulledImage } from 'host-service/contract/objects.ts';

/** Milliseconds between times that the guard says: a status is not new because a second has passed. */
const GUARD_MS = 15_000;

/** The images of the stand-in's host: those of its wish come one after the other, each in half the time that a pod takes to start. */
export class HostImages {
  readonly #dueAt = new Map<string, number>();

  of({ images = [], imageBytes = {} }: Partial<HostSpec>, startMs: number): readonly PulledImage[] {
    const now = Date.now();
    const eachMs = Math.max(1, startMs / 2);
    return images.map((image) => {
      const dueAt = this.#dueAt.get(image) ?? Math.max(now, ...this.#dueAt.values()) + eachMs;
      this.#dueAt.set(image, dueAt);
      const total = imageBytes[image.slice(image.indexOf('@') + 1)] ?? 0;
      if (dueAt <= now) return { image, state: 'present', bytes: total };
      const done = Math.max(0, 1 - (dueAt - now) / eachMs);
      return { image, state: done > 0 ? 'pulling' : 'waiting', bytes: Math.round(total * done), total };
    });
  }
}

/** What the guard of a host says that has nothing to do. */
export function guardNow(): NonNullable<HostStatus['guard']> {
  const now = Date.now();
  return {
    state: 'watching',
    detail: 'Control plane serves',
    at: new Date(now - (now % GUARD_MS)).toISOString(),
  };
}
