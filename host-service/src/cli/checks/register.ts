import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { CheckRequest, type ChecksView } from '../../contract/api/checks.ts';
import type { CheckResult, CheckState } from '../../contract/checks.ts';
import { Line } from '../../contract/names.ts';
import { Problem, safeLine } from '../../contract/problem.ts';
import { checkOf } from '../../core/checks/table.ts';
import type { Desk } from '../desk/desk.ts';
import type { OpenDesk } from '../desk/open.ts';
import { optionsOf } from '../objects/session.ts';
import { askingVerb, AskOptions, atDesk } from '../verbs/command.ts';

const Options = AskOptions.extend({ reason: Line.optional(), subject: CheckRequest.shape.subject });
/** Worst first. */
const MARKS: Readonly<Record<CheckState, string>> = {
  failed: 'FAILED',
  warning: 'warning',
  unknown: 'unknown',
  waiting: 'waiting',
  passed: 'passed',
};
const ORDER = Object.keys(MARKS);
/** Milliseconds between looks whether a host has measured, and how long that is waited for. */
const WAIT = { everyMs: 500, times: 20 } as const;

/** A check, what was found against what is needed, and why that matters where something is wrong. */
function checkText(result: CheckResult): string {
  const { id, subject, state, detail, measured, required, accepted, mayAccept } = result;
  const row = checkOf(id);
  const title = subject === undefined ? (row?.title ?? id) : `${row?.title ?? id} (${subject})`;
  const found = [
    ...(measured === undefined ? [] : [`found ${safeLine(measured)}`]),
    ...(required === undefined ? [] : [`needed ${safeLine(required)}`]),
  ].join(', ');
  const isFine = state === 'passed';
  return [
    `${MARKS[state].padEnd(8)} ${title}: ${safeLine(detail)}${found === '' ? '' : ` [${found}]`}`,
    ...(isFine || row === undefined ? [] : [`         ${row.why} (${id})`]),
    ...(accepted === undefined ? [] : [`         ${accepted.by} has taken this risk on ${accepted.at}.`]),
    ...(mayAccept && accepted === undefined
      ? ['         The risk may be taken: appliance checks accept.']
      : []),
  ].join('\n');
}

function viewText({ checks, mayInstall, measuredAt }: ChecksView): string {
  const sorted = checks.toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  const end = mayInstall ? 'Nothing stands in the way.' : 'Something stands in the way of an installation.';
  const when = measuredAt === undefined ? 'No box has measured anything yet.' : `Measured ${measuredAt}.`;
  return [...sorted.map(checkText), '', `${end} ${when}`].join('\n');
}

/** @throws Problem request.invalid */
function requestFrom(action: string, check: string | undefined, options: unknown): CheckRequest {
  const { subject, reason } = optionsOf(Options, options);
  const asked = CheckRequest.safeParse({
    action,
    ...(check === undefined ? {} : { check }),
    ...(subject === undefined ? {} : { subject }),
    ...(reason === undefined ? {} : { reason }),
  });
  if (asked.success && (action === 'run' || check !== undefined)) return asked.data;
  throw new Problem('request.invalid', 'checks takes nothing, run, accept ID or refuse ID');
}

async function settled(desk: Desk, view: ChecksView, signal: AbortSignal): Promise<ChecksView> {
  let shown = view;
  for (let times = 0; times < WAIT.times && shown.measuring === true; times += 1) {
    await sleep(WAIT.everyMs, undefined, { signal });
    shown = await desk.checks(signal);
  }
  return shown;
}

/** `appliance checks [run | accept ID | refuse ID]`: whether this box is fit, measured again or with a risk taken. */
export function registerChecks(program: Command, openDesk: OpenDesk): void {
  askingVerb(program, 'checks', 'show whether this box is fit for the release; run, accept ID or refuse ID')
    .argument('[action]', 'run, accept or refuse')
    .argument('[check]', 'id of a check')
    .option('--subject <subject>', 'which of many: a host name')
    .action((action: string | undefined, check: string | undefined, raw: unknown) => {
      const request = action === undefined ? undefined : requestFrom(action, check, raw);
      return atDesk(openDesk, raw, async (desk, signal) => {
        const first =
          request === undefined ? await desk.checks(signal) : await desk.runChecks(request, signal);
        const view = request?.action === 'run' ? await settled(desk, first, signal) : first;
        return { text: viewText(view), data: view };
      });
    });
}
