import type { EndpointReport } from 'host-service/contract/host/endpoint.ts';
import { isUntrusted } from 'host-service/contract/host/untrusted.ts';
import type { NeededHost, NetworkTest } from 'host-service/contract/network/view.ts';
import { saying, type Saying } from '../../overview/model/saying.ts';

export type HopState = 'good' | 'bad' | 'untried';

/** One step on the way to a host, in words. */
export interface Hop {
  readonly hop: 'name' | 'connection' | 'certificate' | 'answer' | 'access';
  readonly state: HopState;
  readonly says: Saying;
}

/** What a person can do next on this very page. */
export type Advice = 'authority' | 'proxy' | 'proxy-credential' | 'credential' | 'resolvers' | 'time';

export interface Told {
  readonly isGood: boolean;
  readonly says: Saying;
  readonly hops: readonly Hop[];
  readonly advice: Advice | undefined;
}

const ms = (value: number): number => Math.round(value);
const isDirect = ({ via }: EndpointReport): boolean => via === 'direct';
const isSafe = ({ url }: EndpointReport): boolean => url.startsWith('https:');

function nameHop(report: EndpointReport): Hop {
  const { dnsMs, addresses = [], problem, via } = report;
  if (problem?.code === 'registry.dns')
    return { ...NAME, state: 'bad', says: saying('network.hop.name.bad') };
  if (!isDirect(report)) return { ...NAME, state: 'good', says: saying('network.hop.name.proxy', { via }) };
  if (dnsMs === undefined) return { ...NAME, state: 'untried', says: UNTRIED };
  const address = addresses.slice(0, 2).join(', ');
  return { ...NAME, state: 'good', says: saying('network.hop.name.good', { address, ms: ms(dnsMs) }) };
}
const NAME = { hop: 'name' } as const;
const UNTRIED = saying('network.hop.untried');

function connectionHop(report: EndpointReport): Hop {
  const { tcpMs, problem, via } = report;
  const hop = 'connection';
  if (tcpMs !== undefined) {
    const key = isDirect(report) ? 'network.hop.connection.direct' : 'network.hop.connection.proxy';
    return { hop, state: 'good', says: saying(key, { via, ms: ms(tcpMs) }) };
  }
  if (problem === undefined || problem.code === 'registry.dns')
    return { hop, state: 'untried', says: UNTRIED };
  if (problem.code === 'registry.proxy' || !isDirect(report))
    return { hop, state: 'bad', says: saying('network.hop.connection.proxy-bad', { via }) };
  return { hop, state: 'bad', says: saying('network.hop.connection.bad') };
}

function certificateHop(report: EndpointReport): Hop | undefined {
  const { tls, problem } = report;
  const hop = 'certificate';
  if (!isSafe(report)) return undefined;
  if (tls === undefined) {
    return problem?.code === 'registry.tls'
      ? { hop, state: 'bad', says: saying('network.hop.certificate.none') }
      : { hop, state: 'untried', says: UNTRIED };
  }
  const { issuer, reason } = tls;
  if (tls.trusted) {
    const key = tls.public ? 'network.hop.certificate.good' : 'network.hop.certificate.added';
    return { hop, state: 'good', says: saying(key, { issuer }) };
  }
  const key = isUntrusted(reason)
    ? 'network.hop.certificate.untrusted'
    : reason === 'CERT_HAS_EXPIRED'
      ? 'network.hop.certificate.expired'
      : reason === 'CERT_NOT_YET_VALID'
        ? 'network.hop.certificate.not-yet'
        : 'network.hop.certificate.other';
  return { hop, state: 'bad', says: saying(key, { issuer }) };
}

/** What is known beside the report. */
interface About {
  readonly use?: NeededHost['use'];
  readonly credential?: NetworkTest['credential'];
}

/** 401 is how a registry asks for a name; the licence service has no page at its root. */
const isAnswer = (status: number, use: NeededHost['use']): boolean =>
  (status >= 200 && status < 300) ||
  status === 401 ||
  (use === 'licence' && status < 500 && status !== 403 && status !== 407);

function answerHop({ status, via, tcpMs }: EndpointReport, use: NeededHost['use']): Hop {
  const hop = 'answer';
  // Without a connection the number is the proxy's, and said of it.
  if (status === undefined || tcpMs === undefined) return { hop, state: 'untried', says: UNTRIED };
  if (isAnswer(status, use)) return { hop, state: 'good', says: saying('network.hop.answer.good') };
  const key =
    status === 407
      ? 'network.hop.answer.proxy'
      : status === 403
        ? 'network.hop.answer.refused'
        : 'network.hop.answer.bad';
  return { hop, state: 'bad', says: saying(key, { status, via }) };
}

function accessHop(credential: NetworkTest['credential']): Hop {
  const states = { 'not-needed': 'good', accepted: 'good', refused: 'bad', missing: 'bad' } as const;
  const state = credential === 'untested' ? 'untried' : states[credential];
  return { hop: 'access', state, says: saying(`network.hop.access.${credential}`) };
}

/** The way to a host, step by step. */
const hopsOf = (report: EndpointReport, { use = 'registry', credential }: About): readonly Hop[] =>
  [
    nameHop(report),
    connectionHop(report),
    certificateHop(report),
    answerHop(report, use),
    credential === undefined ? undefined : accessHop(credential),
  ].filter((hop) => hop !== undefined);

/** What mends the first step that went wrong; undefined = nothing on this page. */
function adviceOf(report: EndpointReport, hop: Hop['hop'] | undefined): Advice | undefined {
  switch (hop) {
    case 'name':
      return 'resolvers';
    case 'connection':
      return 'proxy';
    case 'certificate':
      if (isUntrusted(report.tls?.reason)) return 'authority';
      return report.tls?.reason === 'CERT_NOT_YET_VALID' || report.tls?.reason === 'CERT_HAS_EXPIRED'
        ? 'time'
        : undefined;
    case 'answer':
      return report.status === 407 ? 'proxy-credential' : undefined;
    case 'access':
      return 'credential';
    case undefined:
      return undefined;
  }
}

/** A measurement in words: good or the first thing that is wrong, each step, and what can be done about it here. */
export function toldOf(report: EndpointReport, about: About = {}): Told {
  const hops = hopsOf(report, about);
  const bad = hops.find(({ state }) => state === 'bad');
  const isOpen = hops.some(({ state, hop }) => state === 'untried' && hop !== 'access');
  const isGood = bad === undefined && !isOpen && report.problem === undefined;
  const says =
    bad === undefined
      ? saying(isGood ? 'network.told.good' : 'network.told.unknown')
      : saying(`network.told.${bad.hop}`);
  return { isGood, says, hops, advice: adviceOf(report, bad?.hop) };
}
