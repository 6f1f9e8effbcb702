import { ROOM_VARIABLE } from '../room.ts';

/** Whether test/node/run.ts has started us: without a room of its own a node would change the machine, so its tests are left out. */
export const inRoom = process.env[ROOM_VARIABLE] !== undefined;
