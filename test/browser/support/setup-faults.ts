import { expect } from 'vitest';
import { FAULTS, type FaultName } from '../../demo/faults.ts';
import { NAMED_MS, type FaultyBox } from './faulty-box.ts';
import { withMouse } from './person.ts';
import { watchWaits } from './story.ts';
import { ANSWERS, Wizard, type Question } from './wizard.ts';

const QUESTIONS = Object.keys(ANSWERS) as Question[];
const VERSION = { product: 'AlgaPSA', version: '1.0.0' } as const;

const print = (where: string, name: string, ms: number, then: string): void =>
  console.log(
    `${Math.round(performance.now())} ${where.padEnd(8)} ${name.padEnd(22)} named after ${(ms / 1000).toFixed(1)} s; ${then}`,
  );

export const wizardOf = ({ page, box }: FaultyBox): Wizard =>
  new Wizard({ page, box, context: page.context() }, withMouse);

/** Breaks, reads the cause in the step where one is, heals, uses what is offered there, and sees it gone. */
async function meet(there: FaultyBox, step: string, name: FaultName): Promise<void> {
  await there.break(name);
  if (!name.startsWith('registry-')) {
    const named = await there.named(name);
    await there.heal();
    await there.gone(name);
    return print(step, name, named, 'gone by itself');
  }
  // A channel that nobody has chosen may say the same of itself; this is about what stands in the way.
  const told = there.page.locator(`[data-problem="${FAULTS[name].names}"]:has([data-ask="check-now"])`);
  const since = performance.now();
  await told.waitFor({ timeout: NAMED_MS });
  const named = performance.now() - since;
  await there.heal();
  const isPressed = await there.act('check-now');
  await told.waitFor({ state: 'detached', timeout: NAMED_MS });
  await there.expectSamePage();
  print(step, name, named, isPressed ? '“Check now” resolved it' : 'gone by itself');
}

/** The one fault during which something is typed meets somebody where one types. */
const stepOf = (name: FaultName, turn: number): number => (name === 'cluster-down' ? 0 : turn);

/** Goes from step to step and meets faults in each; what is typed meanwhile is kept. */
export async function meetFaultsBeforeApproval(
  there: FaultyBox,
  faults: readonly FaultName[],
): Promise<void> {
  const wizard = wizardOf(there);
  const steps = ['answers', 'release', 'checks', 'plan'] as const;
  await wizard.isAt('answers');
  for (const name of QUESTIONS) await wizard.write(name);
  for (const [index, step] of steps.entries()) {
    if (index > 0) await wizard.goOn(step);
    for (const name of faults.filter((each, at) => stepOf(each, at % steps.length) === index)) {
      if (step === 'answers' && name === 'cluster-down') await typeBlind(there, wizard);
      else await meet(there, step, name);
    }
  }
}

/** Types while nothing can be saved: it arrives when the platform is back. */
async function typeBlind(there: FaultyBox, wizard: Wizard): Promise<void> {
  const typed = 'Typed in the dark Ltd';
  await there.break('cluster-down');
  await wizard.write('tenantName', typed);
  const named = await there.named('cluster-down');
  await there.heal();
  await there.gone('cluster-down');
  await wizard.has('tenantName', typed);
  await wizard.shows('tenantName', typed);
  print('answers', 'cluster-down', named, 'what was typed meanwhile is saved');
}

/** Another device asks the box to look: this one waits long between two looks by itself, so that none comes before the fault. */
async function lookNow({ page }: FaultyBox): Promise<void> {
  const { origin } = new URL(page.url());
  const answer = await page.request.post('/api/requests', {
    headers: { origin },
    data: { verb: 'check-now', id: crypto.randomUUID() },
  });
  expect(answer.status(), await answer.text()).toBe(202);
}

/** Other bytes than those that were signed: named where one chooses the release, which is there as soon as they are right. */
export async function meetWrongBytes(there: FaultyBox, name: FaultName, offered: string): Promise<void> {
  const card = there.page.locator('[data-channel=stable]');
  await there.stage.vendor.promote('stable', offered);
  await there.break(name);
  await lookNow(there);
  const named = await there.named(name);
  await there.heal();
  const isPressed = await there.act('check-now');
  await card.getByText(offered, { exact: true }).waitFor();
  await there.gone(name);
  print('release', name, named, isPressed ? '“Check now” fetched it' : 'fetched by itself');
}

/**
 * Approves while the application cannot work. What ends the installation is named, and “Try again” takes it up, into the next fault. An application
 * that only does not answer is waited for, with a sentence.
 */
export async function failAndRetry(
  there: FaultyBox,
  ending: readonly FaultName[],
  awaited: FaultName,
): Promise<void> {
  const { box, page } = there;
  const wizard = wizardOf(there);
  const waits = await watchWaits({ page, box, context: page.context() });
  const more = [...ending.slice(1), awaited];
  await there.break(ending[0] ?? awaited);
  await withMouse.press(box.button('setup.plan.install', VERSION));
  await wizard.isAt('install');
  for (const [index, next] of more.entries()) {
    const name = ending[index] ?? awaited;
    const named = await there.named(name);
    await page.locator('[data-failure]').waitFor({ timeout: 30_000 });
    const answers = page.getByRole('link', { name: box.say('setup.failure.answers') });
    expect(await answers.count(), 'the answers are kept and can be looked at').toBe(1);
    await there.heal();
    await there.break(next);
    await withMouse.press(box.button('overview.ask.retry', { version: '1.0.0' }));
    await withMouse.press(box.answer('overview.dialog.retry.confirm', { version: '1.0.0' }));
    // The next fault names itself; what was said of the last one is over.
    await page.locator(`[data-failure="${FAULTS[name].names}"]`).waitFor({ state: 'detached' });
    print('install', name, named, '“Try again” took it up');
  }
  const named = await there.named(awaited);
  await there.heal();
  await box.sees('setup.done.headline', VERSION, 60_000);
  print('install', awaited, named, 'gone by itself, and people can log in');
  const { mute, sentences } = await waits();
  expect(mute, 'waits without a sentence').toBe(0);
  expect(sentences.size).toBeGreaterThan(0);
  await there.expectSamePage();
}
