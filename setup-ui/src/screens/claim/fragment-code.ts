import { codeFromFragment } from './claim-code.ts';

/** Takes the code out of the address bar at once, so that neither history nor a look over the shoulder shows it. */
export function takeFragmentCode(location: Location, history: History): string | undefined {
  const code = codeFromFragment(location.hash);
  if (/[#&]code=/.test(location.hash))
    history.replaceState(history.state, '', location.pathname + location.search);
  return code;
}
