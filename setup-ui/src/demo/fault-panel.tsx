import '../gallery/before-zod.ts';
import { useEffect, useState } from 'react';
import { z } from 'zod';

const Faults = z.object({
  faults: z.array(z.object({ name: z.string(), title: z.string() })),
  active: z.string().nullable(),
});
type Faults = z.infer<typeof Faults>;

async function ask(name?: string): Promise<Faults | undefined> {
  const init =
    name === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name }) };
  const answer = await fetch('/demo/faults', init).catch(() => undefined);
  if (answer?.ok !== true) return undefined;
  // What is no demo answers with a page of its own.
  return Faults.safeParse(await answer.json().catch(() => undefined)).data;
}

/** Breaks things in the demo. Not part of a production build, and no box has such an address; English only. */
export function FaultPanel() {
  const [faults, setFaults] = useState<Faults>();
  useEffect(() => {
    let isShown = true;
    void ask().then((found) => {
      if (isShown) setFaults(found);
    });
    return () => {
      isShown = false;
    };
  }, []);
  if (faults === undefined) return null;
  const choose = (name: string): void => void ask(name).then((found) => found && setFaults(found));
  return (
    <aside aria-label="Demo" className="mx-auto max-w-5xl px-4 pb-8">
      <details className="rounded-lg border border-dashed border-line p-3 text-sm">
        <summary className="cursor-pointer font-medium">
          Demo: break something {faults.active === null ? '' : `(now: ${faults.active})`}
        </summary>
        <div className="mt-3 flex flex-wrap gap-2">
          {[{ name: 'none', title: 'Heal everything' }, ...faults.faults].map(({ name, title }) => (
            <button
              key={name}
              type="button"
              aria-pressed={(faults.active ?? 'none') === name}
              className="min-h-11 rounded-md border border-line px-3 py-2 text-left aria-pressed:border-accent aria-pressed:font-semibold"
              onClick={() => choose(name)}
            >
              {title}
            </button>
          ))}
        </div>
      </details>
    </aside>
  );
}
