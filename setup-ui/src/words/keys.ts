import type checks from './en/checks.json';
import type common from './en/common.json';
import type history from './en/history.json';
import type network from './en/network.json';
import type overview from './en/overview.json';
import type parts from './en/parts.json';
import type releases from './en/releases.json';
import type rules from './en/rules.json';
import type session from './en/session.json';
import type setup from './en/setup.json';
import type shell from './en/shell.json';
import type states from './en/states.json';
import type strength from './en/strength.json';

interface Files {
  checks: typeof checks;
  common: typeof common;
  history: typeof history;
  network: typeof network;
  overview: typeof overview;
  parts: typeof parts;
  releases: typeof releases;
  rules: typeof rules;
  session: typeof session;
  setup: typeof setup;
  shell: typeof shell;
  states: typeof states;
  strength: typeof strength;
}

/** `<file>.<key>` of every message in `words/en`. */
export type MessageKey = {
  [F in keyof Files]: `${F}.${Extract<keyof Files[F], string>}`;
}[keyof Files];
