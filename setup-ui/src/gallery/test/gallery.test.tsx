import { renderToReadableStream } from 'react-dom/server';
import { PROBLEMS } from 'host-service/contract/problem.ts';
import { RollState } from 'host-service/contract/control-plane.ts';
import { Phase } from 'host-service/contract/appliance.ts';
import { StepKind } from 'host-service/contract/operation.ts';
import { Router } from 'wouter';
import { describe, expect, it } from 'vitest';
import { loadAllWords, WordsProvider } from '../../words/words.tsx';
import { FixtureScreen } from '../fixture-screen.tsx';
import { galleryStateOf } from '../gallery-state.ts';
import { STATES } from '../states/all.ts';

/** The whole page of a state as markup; screens that come later are waited for. */
async function pageOf(name: string, locale: 'en' | 'de'): Promise<string> {
  const input = STATES.find((state) => state.name === name)!;
  const words = await loadAllWords(locale);
  const errors: unknown[] = [];
  const stream = await renderToReadableStream(
    <WordsProvider words={words} choose={() => undefined}>
      <Router ssrPath={input.at ?? '/'}>
        <FixtureScreen input={input} />
      </Router>
    </WordsProvider>,
    { onError: (error) => void errors.push(error) },
  );
  await stream.allReady;
  const text = await new Response(stream).text();
  expect(errors).toEqual([]);
  return text;
}

describe('the gallery (E-28)', () => {
  it('has only states that the box could send', () => {
    for (const state of STATES) expect(() => galleryStateOf(state), state.name).not.toThrow();
    expect(new Set(STATES.map((state) => state.name)).size).toBe(STATES.length);
  });

  it('shows every phase, every kind of step and every problem with the registry', () => {
    const states = STATES.map(galleryStateOf);
    const phases = new Set(states.map((state) => state.view?.status?.phase));
    expect(Phase.options.filter((phase) => !phases.has(phase))).toEqual([]);
    const kinds = new Set(
      states.flatMap((state) => state.operations.flatMap(({ steps }) => steps.map(({ kind }) => kind))),
    );
    expect(StepKind.options.filter((kind) => !kinds.has(kind))).toEqual([]);
    const rolls = new Set(states.map((state) => state.view?.status?.controlPlane.roll?.state));
    expect(RollState.shape.state.options.filter((roll) => !rolls.has(roll))).toEqual([]);
    const codes = new Set(
      states.flatMap((state) => state.view?.status?.problems.map(({ code }) => code) ?? []),
    );
    const missing = Object.keys(PROBLEMS).filter(
      (code) => code.startsWith('registry.') && !codes.has(code as never),
    );
    expect(missing).toEqual([]);
  });

  it('draws every state in both languages without a style attribute, a raw key or a fault', async () => {
    for (const { name } of STATES) {
      for (const locale of ['en', 'de'] as const) {
        const text = await pageOf(name, locale);
        expect(text, name).toContain('<main');
        // The policy of the page forbids them (E-22).
        expect(text, name).not.toMatch(/\sstyle="/);
        expect(text.replace(/<[^>]*>/g, ' '), name).not.toMatch(
          /\b(overview|releases|history|rules|setup|shell|parts|states|session|common|network|checks)\.[a-z]+[.a-zA-Z-]+\b/,
        );
      }
    }
  }, 120_000);

  it('never speaks of the platform’s insides outside technical details', async () => {
    const rolls = STATES.flatMap(({ name }) => (name.startsWith('control-plane-') ? [name] : []));
    const setup = STATES.flatMap(({ name }) => (name.startsWith('setup-') ? [name] : []));
    const network = STATES.flatMap(({ name }) => (name.startsWith('network-') ? [name] : []));
    const others = ['running', 'needs-you', 'installing-wait-components', 'claim', 'login'];
    for (const name of [...others, ...rolls, ...setup, ...network]) {
      const text = (await pageOf(name, 'en'))
        .replace(/<details[\s\S]*?<\/details>/g, '')
        .replace(/<[^>]*>/g, ' ');
      expect(text, name).not.toMatch(/\b(pod|namespace|kubectl|kustomization|helm|daemonset|statefulset)\b/i);
    }
  }, 60_000);
});
