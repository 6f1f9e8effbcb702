import { baseFolder, isComplete } from './base.ts';
import { makeBox, type Box } from './box.ts';
import { makeContainer } from './container.ts';
import type { Machine } from './machine.ts';
import { machineObstacle, MMDEBSTRAP, missing, NSPAWN, QEMU, type Need } from './needs.ts';
import { makeVm, type Vm } from './vm.ts';

/** Why these tests cannot run; undefined = they can. The runner of the tier installs and makes what is missing. */
async function obstacle(needs: readonly Need[]): Promise<string | undefined> {
  const reason = machineObstacle() ?? (await missing([MMDEBSTRAP, ...needs]));
  if (reason !== undefined) return reason;
  return (await isComplete(baseFolder())) ? undefined : 'no root file system yet: node test/vm/run.ts';
}

export const NO_CONTAINER = await obstacle([NSPAWN]);
export const NO_VM = await obstacle([QEMU]);
export const because = (reason: string | undefined): string =>
  reason === undefined ? '' : ` (skipped: ${reason})`;

/** Machines of one test file, all with the same files of the product; everything goes with `end`. */
export class Setting {
  #box: Box | undefined;
  readonly #machines: Machine[] = [];

  /** A machine in its first moment: nothing has ever been started on it. */
  async container(): Promise<Machine> {
    return this.#keep(await makeContainer(await this.#layers()));
  }

  async vm(): Promise<Vm> {
    return this.#keep(await makeVm(await this.#layers()));
  }

  async remove(machine: Machine): Promise<void> {
    this.#machines.splice(this.#machines.indexOf(machine), 1);
    await machine.remove();
  }

  async end(): Promise<void> {
    for (const machine of this.#machines.splice(0)) await machine.remove();
    await this.#box?.remove();
    this.#box = undefined;
  }

  async #layers(): Promise<readonly string[]> {
    this.#box ??= await makeBox();
    return [this.#box.folder, baseFolder()];
  }

  #keep<T extends Machine>(machine: T): T {
    this.#machines.push(machine);
    return machine;
  }
}
