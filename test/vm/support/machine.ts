import { setTimeout as sleep } from 'node:timers/promises';
import { TEST_PROGRAM } from './box.ts';

const BEHAVIOUR = '/etc/appliance/behaviour.json';

/** A machine with systemd as its first process. */
export interface Machine {
  /** Switches it on. Resolves once `run` is answered. */
  on(): Promise<void>;
  /** As root, by `/bin/sh`. Never rejects for what the command does. */
  run(command: string): Promise<{ readonly status: number; readonly out: string }>;
  /** Power goes, at once. What was not on the disk is lost in the VM. */
  cut(): Promise<void>;
  /** Leaves nothing behind. */
  remove(): Promise<void>;
}

/** Output of a command that must do. @throws Error with what it said */
export async function ask(machine: Machine, command: string): Promise<string> {
  const { status, out } = await machine.run(command);
  if (status !== 0) throw new Error(`${command}: status ${status}: ${out}`);
  return out.trim();
}

/** Waits until it is so. @throws Error with the journal's last lines when the time is over */
export async function until(
  machine: Machine,
  what: string,
  deadlineMs: number,
  isSo: () => Promise<boolean>,
): Promise<void> {
  const begin = performance.now();
  while (!(await isSo())) {
    if (performance.now() - begin > deadlineMs) {
      const { out } = await machine.run(
        'systemctl list-units --failed --plain --no-legend; journalctl -b --no-pager -n 60',
      );
      throw new Error(`not so after ${deadlineMs} ms: ${what}\n${out}`);
    }
    await sleep(100);
  }
}

/** Properties of a unit. */
export async function show(
  machine: Machine,
  unit: string,
  ...names: readonly string[]
): Promise<ReadonlyMap<string, string>> {
  const out = await ask(machine, `systemctl show ${unit} ${names.map((name) => `-p ${name}`).join(' ')}`);
  return new Map(
    out.split('\n').map((line): [string, string] => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}

export async function property(machine: Machine, unit: string, name: string): Promise<string> {
  return (await show(machine, unit, name)).get(name) ?? '';
}

/** The boot script has come to its end and the host program is ready. */
export function serves(machine: Machine, deadlineMs: number): Promise<void> {
  return until(machine, 'the box serves', deadlineMs, async () => {
    const { out } = await machine.run(
      'systemctl show -p SubState --value appliance-bootstrap.service; systemctl show -p SubState --value k3s.service; systemctl show -p SubState --value appliance-agent.service',
    );
    return out.split(/\s+/u).filter(Boolean).join(' ') === 'exited running running';
  });
}

/** How the test's program is to behave from its next start on. */
export async function behave(machine: Machine, behaviour: Readonly<Record<string, unknown>>): Promise<void> {
  await ask(machine, `echo '${JSON.stringify(behaviour)}' > ${BEHAVIOUR}`);
}

/** Settings of a unit that make it run the test's program, for `override`. */
export const RUN_TEST_PROGRAM = `[Service]\\nExecStart=\\nExecStart=/usr/lib/appliance/node/bin/node /${TEST_PROGRAM} --config ${BEHAVIOUR}\\n`;

/** A unit's settings for one test; without text they are taken away. */
export async function override(machine: Machine, unit: string, text?: string): Promise<void> {
  const folder = `/run/systemd/system/${unit}.d`;
  const write =
    text === undefined ? `rm -rf ${folder}` : `mkdir -p ${folder} && printf '${text}' > ${folder}/test.conf`;
  await ask(machine, `${write} && systemctl daemon-reload`);
}
