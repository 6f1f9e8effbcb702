import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { makeMachine, type Line, type Machine, type Run } from './machine.ts';
import { makeTemplate, type Template } from './template.ts';

/** Writes a program of the machine's own. */
export async function program(machine: Machine, name: string, text: string): Promise<void> {
  const path = join(machine.bin, name);
  await writeFile(`${path}.new`, `#!/usr/bin/env bash\n${text}\n`);
  await chmod(`${path}.new`, 0o755);
  await machine.inside('mv', '-fT', `${path}.new`, path);
}

/** A machine without a platform: its runs end where the platform would be asked, with status 14. */
async function earlyMachine(template: string): Promise<Machine> {
  const machine = await makeMachine(template, [], { APPLIANCE_TEST_PATIENCE: '0' });
  await program(machine, 'systemctl', 'echo inactive');
  return machine;
}

/** Gives each test of a file a machine without a platform; it is gone afterwards, and so is what all were made of. */
export function eachEarly(use: (machine: Machine) => void): void {
  let template: Template | undefined;
  let machine: Machine | undefined;
  beforeAll(async () => {
    template = await makeTemplate();
  });
  afterAll(() => template?.remove());
  beforeEach(async () => {
    if (template === undefined) throw new Error('there is no template');
    machine = await earlyMachine(template.folder);
    use(machine);
  });
  afterEach(() => machine?.stop());
}

export const linesOf = (run: Run, stage: string): readonly Line[] =>
  run.lines.filter((line) => line.stage === stage);

/** A clock that can be wrong without this machine's being so: `date` with an offset kept in a file; `-s` sets it. */
export async function wrongClock(machine: Machine, now: Date): Promise<void> {
  const file = join(machine.root, 'clock-offset');
  await writeFile(file, String(Math.ceil((now.getTime() - Date.now()) / 1000)));
  await program(
    machine,
    'date',
    `offset=$(cat '${file}')
if [[ $1 == -s ]]; then
  [[ ! -e '${file}.stuck' ]] || { echo 'date: cannot set date' >&2; exit 1; }
  echo $((\${2#@} - $(/usr/bin/date +%s))) >'${file}'
elif [[ $1 == +%s ]]; then echo $(($(/usr/bin/date +%s) + offset))
else exec /usr/bin/date -d "$offset seconds" "$@"; fi`,
  );
}

/** What the machine takes for the time, seconds since 1970. */
export const machineTime = async (machine: Machine): Promise<number> =>
  Number(await machine.inside('date', '+%s'));

/** Answers of `timedatectl` to what the boot script asks. */
export const timeServer = (machine: Machine, isWanted: 'yes' | 'no', inStep: 'yes' | 'no'): Promise<void> =>
  program(machine, 'timedatectl', `if [[ $3 == NTP ]]; then echo ${isWanted}; else echo ${inStep}; fi`);
