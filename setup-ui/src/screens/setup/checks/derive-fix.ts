import type { CheckFix, CheckResult } from 'host-service/contract/checks.ts';
import type { MessageKey } from '../../../words/keys.ts';
import { networkPath, type NetworkSection } from '../../network/model/address.ts';
import { fieldIdOf } from '../answers/derive-questions.ts';
import { pathOf } from '../model/steps.ts';

/** What mends a check: a place of this page, or a sentence where nothing but hands help. */
export type Fix =
  | { readonly kind: 'link'; readonly to: string; readonly label: MessageKey }
  /** `checks.<id>.hands` of the words. */
  | { readonly kind: 'hands'; readonly key: string };

const HERE = pathOf('checks');
const network = (label: MessageKey, section: NetworkSection, host?: string): Fix => ({
  kind: 'link',
  to: networkPath(HERE, section, host),
  label,
});
const PROXY = network('setup.checks.fix.proxy', 'proxy');

/** Checks about the network that no setting mends: cables, routers, addresses. */
const BY_HAND: ReadonlySet<string> = new Set(['network.link', 'network.gateway', 'network.overlap']);

function placeOf(id: string, fix: CheckFix): Fix | undefined {
  switch (fix.kind) {
    case 'proxy':
      return PROXY;
    case 'ca':
      return network('setup.checks.fix.authority', 'authorities');
    case 'credentials':
      return network('setup.checks.fix.credentials', 'hosts', fix.host);
    case 'mirror':
      return network('setup.checks.fix.mirror', 'hosts', fix.host);
    case 'time':
      return network('setup.checks.fix.time', 'time');
    case 'network':
      if (BY_HAND.has(id)) return undefined;
      return id === 'registry.connect' ? PROXY : network('setup.checks.fix.resolvers', 'resolvers');
    case 'setting':
      return {
        kind: 'link',
        to: `${pathOf('answers')}#${fieldIdOf(fix.setting)}`,
        label: 'setup.checks.fix.answers',
      };
    case 'release':
      return { kind: 'link', to: pathOf('release'), label: 'setup.checks.fix.release' };
  }
}

/** The control that mends a check, or the sentence that says what hands have to do; every check that can fail has one. */
export function fixOf({ id, fix, state }: Pick<CheckResult, 'id' | 'fix' | 'state'>): Fix | undefined {
  if (state === 'passed' || state === 'waiting') return undefined;
  const place = fix === undefined ? undefined : placeOf(id, fix);
  if (place !== undefined) return place;
  // What could not be run was kept from it by something before it.
  if (state === 'unknown') return undefined;
  if (id === 'release.channel') return network('setup.checks.fix.hosts', 'hosts');
  return { kind: 'hands', key: `checks.${id}.hands` };
}
