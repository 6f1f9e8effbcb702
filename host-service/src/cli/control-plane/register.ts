import process from 'node:process';
import type { Command } from 'commander';
import { z } from 'zod';
import { Line } from '../../contract/names.ts';
import { Problem, problemOf } from '../../contract/problem.ts';
import { createClock } from '../../edges/clock/clock.ts';
import { bakedReader } from '../../edges/host/baked.ts';
import { observeControlPlane } from '../../engine/roll/observe.ts';
import { readRecord } from '../../engine/roll/record.ts';
import { doorOf, withDoorOptions, type Door } from '../desk/door.ts';
import type { Desk } from '../desk/desk.ts';
import { clusterOf, type OpenDesk, type Wiring } from '../desk/open.ts';
import { EXIT, exitOf, optionsOf, problemText, type Said } from '../objects/session.ts';
import { AskOptions, atDesk, readingVerb, withAskOptions } from '../verbs/command.ts';
import { NOT_KNOWN, outcomeText, ROLL_EXIT, ROLL_EXIT_HELP } from './exit.ts';
import { followRoll, type RollRequest } from './follow-roll.ts';
import { QUIET } from './quiet.ts';
import { guardMeanwhile, ownRescuer, type RescueOptions, type Rescuer } from './rescue.ts';
import { createRollForward } from './roll-forward.ts';
import type { RollOutcome } from './roll-judge.ts';
import { sightText } from './sight-text.ts';
import { controlPlaneText } from './status-text.ts';

/** Longest wait in seconds (design §6.8): the boot of a box waits for this command. */
const LONGEST_S = 120;

const Options = AskOptions.extend({
  reason: Line.optional(),
  timeout: z.coerce.number().positive().max(LONGEST_S).default(LONGEST_S),
  baked: z.string().min(1).optional(),
  as: z
    .string()
    .regex(/^boot\/[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, 'is not boot/NODE')
    .optional(),
});

/** Asks, waits for the end, says it, sets the exit code. @throws Problem request.invalid, config.* when the options lead nowhere */
async function run(ways: Ways, raw: unknown, verb: RollRequest['verb']): Promise<void> {
  const { timeout, requestId: id, reason, as, baked } = optionsOf(Options, raw);
  const door = doorOf(as === undefined ? raw : { by: as, ...Object(raw) }, process.env);
  const clock = createClock();
  const acts: Act[] = [];
  const { kubeconfig, json } = door.options;
  const rescuer = rescuerOf(door, as);
  if (rescuer !== undefined && kubeconfig === undefined)
    throw new Problem('request.invalid', '--as needs --kubeconfig: it may have to act on the cluster');
  const signal = AbortSignal.timeout(timeout * 1_000);
  try {
    const desk = ways.openDesk(door);
    const rescue =
      rescuer === undefined || kubeconfig === undefined
        ? undefined
        : openRescue(ways, { door, rescuer, kubeconfig, baked });
    try {
      acts.push((until) => followRoll(desk, clock, { id, verb, reason }, until));
      if (rescue !== undefined) acts.push((until) => guardMeanwhile(rescue, until));
      tell(await firstOf(acts, signal), json);
    } finally {
      await Promise.allSettled([desk.close(), rescue?.forward.close()]);
      await rescue?.cluster.close();
    }
  } catch (error) {
    failed(problemOf(error), json);
  }
}

/** What the verbs are wired with. */
interface Ways extends Wiring {
  readonly openDesk: OpenDesk;
}

/** What acts on the cluster itself. Nothing is asked yet. @throws Problem config.* */
function openRescue(
  { direct: make }: Wiring,
  asked: {
    readonly door: Door;
    readonly rescuer: Rescuer;
    readonly kubeconfig: string;
    readonly baked: string | undefined;
  },
): RescueOptions {
  const { door, rescuer, kubeconfig, baked } = asked;
  const { namespace } = door.options;
  const clock = createClock();
  const cluster = clusterOf(door.options, kubeconfig);
  const config = door.way === 'direct' ? door.options.config : undefined;
  const identity = `${rescuer.actor}/${rescuer.node}`;
  const forward = createRollForward({ cluster, namespace, clock, identity, make, config });
  const carried = baked === undefined ? (): undefined => undefined : bakedReader(baked, QUIET);
  return { ...rescuer, cluster, namespace, clock, forward, baked: carried };
}

type Act = (until: AbortSignal) => Promise<RollOutcome | undefined>;

/** Who acts where no control plane does: the start of the box, or a person who has given up on the control plane; else nobody. */
function rescuerOf({ way }: Door, as: string | undefined): Rescuer | undefined {
  if (as !== undefined) return { actor: 'boot', node: as.slice(as.indexOf('/') + 1) };
  return way === 'direct' ? ownRescuer() : undefined;
}

/** The first outcome of several who work on it at once; all have ended by then. Throws what the first to fail threw. */
async function firstOf(acts: readonly Act[], signal: AbortSignal): Promise<RollOutcome | undefined> {
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const found: RollOutcome[] = [];
  const ends = acts.map(async (act) => {
    try {
      const outcome = await act(until);
      if (outcome !== undefined) found.push(outcome);
    } finally {
      over.abort();
    }
  });
  const results = await Promise.allSettled(ends);
  const [outcome] = found;
  const broken = results.find((result) => result.status === 'rejected');
  if (outcome === undefined && broken !== undefined) throw broken.reason;
  return outcome;
}

function failed({ code, body }: Problem, json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify({ outcome: 'unknown', problem: body })}\n`);
  else process.stderr.write(`${problemText(body)}\n`);
  const exit = exitOf(code);
  // Of this command, 4 means that the update is held.
  process.exitCode = exit === EXIT.unavailable ? NOT_KNOWN : exit;
}

function tell(said: RollOutcome | undefined, json: boolean): void {
  process.exitCode = said === undefined ? NOT_KNOWN : ROLL_EXIT[said.kind];
  if (json) {
    const { kind = 'unknown', ...more } = said ?? {};
    process.stdout.write(`${JSON.stringify({ outcome: kind, ...more })}\n`);
  } else if (said === undefined) {
    process.stderr.write('not known: it did not come to its end within the time; asking again is safe.\n');
  } else {
    process.stdout.write(`${outcomeText(said)}\n`);
  }
}

/** What the status says; with `--direct` also what the cluster shows, because the status may be the word of one that is gone. */
async function status(desk: Desk, raw: unknown, signal: AbortSignal): Promise<Said> {
  const view = await desk.status(signal);
  const said = { text: controlPlaneText(view), data: view.status?.controlPlane ?? null };
  const door = doorOf(raw, process.env);
  if (door.way !== 'direct') return said;
  const cluster = clusterOf(door.options, door.kubeconfig);
  try {
    const { namespace } = door.options;
    const plane = await observeControlPlane(cluster, namespace, signal);
    const record = await readRecord(cluster, namespace, signal);
    const data = { status: said.data, cluster: plane ?? null, record };
    return { text: `${said.text}\n\n${sightText(plane, record)}`, data };
  } finally {
    await cluster.close();
  }
}

/** `appliance control-plane status|roll|retry`: the control plane's own update (design §6). */
export function registerControlPlane(program: Command, openDesk: OpenDesk, wiring: Wiring): void {
  const ways = { ...wiring, openDesk };
  const group = program.command('control-plane').description("look after the control plane's own update");
  readingVerb(group, 'status', 'say which control plane runs, which one is wanted, what failed').action(
    (raw: unknown) => atDesk(openDesk, raw, (desk, signal) => status(desk, raw, signal)),
  );
  const rolling = (name: string, description: string): Command =>
    withAskOptions(withDoorOptions(group.command(name).description(description)))
      .option(
        '--as <boot/node>',
        'as the start of that node: where no control plane gets ready, put the one before back, or go on to a newer one (needs --kubeconfig; --direct does so as well)',
      )
      .option('--baked <folder>', 'with these: what came with this host, made where there is none')
      .option('--timeout <seconds>', `give up waiting after so long; at most and by default ${LONGEST_S}`)
      .addHelpText('after', ROLL_EXIT_HELP);
  rolling('roll', 'look at the channel now, and wait until the control plane that it names runs').action(
    (raw: unknown) => run(ways, raw, 'check-now'),
  );
  rolling('retry', 'try the control plane that failed here once more, and wait for the end').action(
    (raw: unknown) => run(ways, raw, 'retry-control-plane'),
  );
}
