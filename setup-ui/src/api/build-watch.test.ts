import { describe, expect, it } from 'vitest';
import { createBuildWatch } from './build-watch.ts';

function world(remembered = new Set<string>()) {
  let isSafe = true;
  let look: (() => void) | undefined;
  let reloads = 0;
  const watch = createBuildWatch({
    memory: {
      has: (build) => remembered.has(build),
      add: (build) => remembered.add(build).has(build),
    },
    isSafe: () => isSafe,
    reload: () => {
      reloads += 1;
    },
    every: (action) => {
      look = action;
      return () => {
        look = undefined;
      };
    },
  });
  return {
    watch,
    setSafe: (value: boolean) => {
      isSafe = value;
    },
    tick: () => look?.(),
    reloads: () => reloads,
    isLooking: () => look !== undefined,
    remembered,
  };
}

describe('a page that outlives its server', () => {
  it('stays while the build is the one it began with', () => {
    const { watch, tick, reloads } = world();
    for (const build of ['b1', 'b1', 'b1']) watch.see(build);
    tick();
    expect(reloads()).toBe(0);
  });

  it('loads itself again at a safe moment when the build changes', () => {
    const { watch, setSafe, tick, reloads } = world();
    watch.see('b1');
    setSafe(false);
    watch.see('b2');
    tick();
    expect(reloads()).toBe(0);
    setSafe(true);
    tick();
    expect(reloads()).toBe(1);
  });

  it('does so at most once for each build, also after it was loaded again', () => {
    const first = world();
    first.watch.see('b1');
    first.watch.see('b2');
    first.tick();
    expect(first.reloads()).toBe(1);
    const second = world(first.remembered);
    second.watch.see('b1');
    second.watch.see('b2');
    second.tick();
    expect(second.reloads()).toBe(0);
    expect(second.isLooking()).toBe(false);
  });

  it('does not load itself again when its own build answers again before the moment has come', () => {
    const { watch, setSafe, tick, reloads } = world();
    watch.see('b1');
    setSafe(false);
    watch.see('b2');
    watch.see('b1');
    setSafe(true);
    tick();
    expect(reloads()).toBe(0);
  });

  it('loads itself again once when a part of it is no longer on the server', () => {
    const { watch, tick, reloads } = world();
    watch.see('b1');
    watch.lost();
    tick();
    watch.lost();
    tick();
    expect(reloads()).toBe(1);
  });
});
