import { DISK_CHECKS } from './disk.ts';
import { ENDPOINT_CHECKS } from './endpoints.ts';
import type { Check } from './facts.ts';
import { MACHINE_CHECKS } from './machine.ts';
import { NETWORK_CHECKS } from './network.ts';
import { PLATFORM_CHECKS } from './platform.ts';
import { RELEASE_CHECKS } from './release.ts';
import { TIME_CHECKS } from './time.ts';

/** The closed table of checks, in the order of the screen. Only what is really measured stands here. */
export const CHECKS: readonly Check[] = [
  ...MACHINE_CHECKS,
  ...DISK_CHECKS,
  ...TIME_CHECKS,
  ...NETWORK_CHECKS,
  ...ENDPOINT_CHECKS,
  ...PLATFORM_CHECKS,
  ...RELEASE_CHECKS,
];

/** A row by its id. */
export const checkOf = (id: string): Check | undefined => CHECKS.find((check) => check.id === id);
