import { failed, passed, perHost, unknown, type Check, type HostSight } from './facts.ts';
import { notTold } from './machine.ts';

const FIX = { kind: 'network' } as const;

function link({ facts: { networkDevice, linkUp, address } }: HostSight) {
  const required = 'a cable or link, and an address';
  if (networkDevice === undefined && address === undefined)
    return unknown(notTold('how it is connected'), { required });
  const at = networkDevice === undefined || networkDevice === 'none' ? '' : ` on ${networkDevice}`;
  if (networkDevice === 'none') {
    return failed('No connection leads out of this box.', { measured: 'none', required, fix: FIX });
  }
  if (linkUp === false)
    return failed(`The cable${at} is not connected, or the other end is off.`, {
      ...{ measured: 'no link', required, fix: FIX },
    });
  if (address === undefined) return unknown(notTold('its address'), { required });
  if (address === 'none')
    return failed(`The box has got no address${at}.`, { measured: 'no address', required, fix: FIX });
  return passed(`The box is connected${at}.`, { measured: address, required });
}

function gateway({ facts: { gateway: way, gatewayAnswers } }: HostSight) {
  const required = 'a way out that answers';
  if (way === undefined) return unknown(notTold('its way out of the network'), { required });
  if (way === 'none')
    return failed('No way out of the network is set.', { measured: 'none', required, fix: FIX });
  if (gatewayAnswers === undefined)
    return unknown(`Whether the way out at ${way} answers is not known yet.`, { measured: way, required });
  return gatewayAnswers
    ? passed('The way out of the network answers.', { measured: way, required })
    : failed(`The way out at ${way} does not answer.`, { measured: way, required, fix: FIX });
}

function resolver({ facts: { resolvers }, endpoints }: HostSight) {
  const required = 'at least one name server that answers';
  if (resolvers === undefined) return unknown(notTold('its name servers'), { required });
  if (resolvers === 'none') return failed('No name server is set.', { measured: 'none', required, fix: FIX });
  const compared = { measured: resolvers, required };
  // Through a proxy it is the proxy that looks up names.
  const asked = endpoints.filter(({ via, dnsMs, problem }) => {
    return via === 'direct' && (dnsMs !== undefined || problem?.code === 'registry.dns');
  });
  if (asked.length === 0) return unknown('The name servers have not been asked for anything yet.', compared);
  if (asked.some(({ dnsMs }) => dnsMs !== undefined)) return passed('The name servers answer.', compared);
  const [first] = asked;
  return failed('The name servers do not answer for any address that is needed.', {
    ...{ ...compared, fix: FIX, problem: first?.problem },
  });
}

function wildcard({ facts: { wildcardName } }: HostSight) {
  const required = 'no answer for a name that does not exist';
  if (wildcardName === undefined) return unknown('The name servers have not been tried yet.', { required });
  if (wildcardName === 'none') return passed('Names that do not exist get no answer.', { required });
  const detail = 'The name servers answer for names that do not exist, so parts may find the wrong place.';
  return failed(detail, { measured: `${wildcardName} was answered`, required, fix: FIX });
}

function overlap({ facts: { overlappingRoute } }: HostSight) {
  const required = '198.18.0.0 to 198.19.255.255 unused';
  if (overlappingRoute === undefined) return unknown(notTold('the addresses of its networks'), { required });
  if (overlappingRoute === 'none') return passed('The addresses of the inside are free.', { required });
  const detail =
    'A network of yours has addresses that this box uses inside, so one of them is out of reach.';
  return failed(detail, { measured: overlappingRoute, required, fix: FIX });
}

function ports({ facts: { portsTaken } }: HostSight) {
  const required = 'free, or held by the box itself';
  if (portsTaken === undefined) return unknown(notTold('which ports are in use'), { required });
  if (portsTaken === 'none') return passed('The ports that are needed are free.', { required });
  const taken = portsTaken.split(' ').map((pair) => {
    const [port = '', program = ''] = pair.split('=');
    return program === '' ? port : `${port} (${program})`;
  });
  const detail = 'Another program holds a port that the box needs; stop it or move it.';
  return failed(detail, { measured: taken.join(', '), required });
}

const base = { group: 'network', severity: 'blocking' } as const;

/** What the network around the box has to be, hop by hop. */
export const NETWORK_CHECKS: readonly Check[] = [
  {
    ...{ ...base, id: 'network.link', title: 'Cable and address', mayAccept: false, look: perHost(link) },
    why: 'Without a link and an address nobody reaches the box, and it reaches nobody.',
  },
  {
    ...{ ...base, id: 'network.gateway', title: 'Way out', mayAccept: true, look: perHost(gateway) },
    why: 'All that is downloaded comes through the way out of your network.',
  },
  {
    ...{ ...base, id: 'network.resolver', title: 'Name servers', mayAccept: true, look: perHost(resolver) },
    why: 'Addresses of registries are names; without a name server none is found.',
  },
  {
    ...{ ...base, id: 'network.wildcard', title: 'Names that do not exist', mayAccept: true },
    look: perHost(wildcard),
    why: 'Parts of the application find each other by names; a wrong answer leads them astray.',
  },
  {
    ...{ ...base, id: 'network.overlap', title: 'Inner addresses', mayAccept: true, look: perHost(overlap) },
    why: 'Two networks with the same addresses cannot both be reached.',
  },
  {
    ...{ ...base, id: 'network.ports', title: 'Ports', mayAccept: false, look: perHost(ports) },
    why: 'The page, the application and the platform listen on fixed ports.',
  },
];
