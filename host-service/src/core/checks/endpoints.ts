import type { CheckFix } from '../../contract/checks.ts';
import type { EndpointReport } from '../../contract/host/endpoint.ts';
import { isUntrusted } from '../../contract/host/untrusted.ts';
import {
  failed,
  passed,
  perBox,
  perEndpoint,
  unknown,
  warned,
  type Check,
  type CheckFacts,
  type EndpointSight,
  type Finding,
} from './facts.ts';
import { spanText, timeText } from './words.ts';

/** Milliseconds that a hop may take before it is worth a word. */
const SLOW = { dns: 1_000, tcp: 1_000 } as const;
const WARN_BEFORE_MS = 14 * 86_400_000;
const hostOf = (url: string): string => URL.parse(url)?.host ?? url;
const isPlain = (url: string): boolean => url.startsWith('http:');
const notMeasured = (url: string): Finding => unknown(`${hostOf(url)} has not been tried from this box yet.`);
const isDirect = ({ via }: EndpointReport): boolean => via === 'direct';
/** An earlier hop has failed: this one could not be tried. */
const notReached = (what: string): Finding =>
  unknown(`${what} could not be tried, because an earlier step failed.`);

function dns({ wish: { url }, report }: EndpointSight): Finding {
  if (report === undefined) return notMeasured(url);
  const { dnsMs, addresses = [], problem } = report;
  if (problem?.code === 'registry.dns')
    return failed(`The name of ${hostOf(url)} is not found.`, { problem, fix: { kind: 'network' } });
  if (!isDirect(report)) return passed(`The proxy ${report.via} looks up the name.`);
  if (dnsMs === undefined) return notReached(`The name of ${hostOf(url)}`);
  const measured = `${addresses.slice(0, 3).join(', ')} in ${spanText(dnsMs)}`;
  return dnsMs > SLOW.dns
    ? warned('The name servers answer slowly.', { measured })
    : passed('The name is found.', { measured });
}

const CONNECTING = new Set(['registry.connect', 'registry.timeout', 'registry.proxy']);

function connect({ wish: { url }, report }: EndpointSight): Finding {
  if (report === undefined) return notMeasured(url);
  const { tcpMs, problem, via } = report;
  if (tcpMs === undefined && problem !== undefined && CONNECTING.has(problem.code)) {
    const isProxy = problem.code === 'registry.proxy';
    const detail = isProxy ? `The proxy ${via} does not lead there.` : `${hostOf(url)} does not answer.`;
    const fix: CheckFix = { kind: isProxy || !isDirect(report) ? 'proxy' : 'network' };
    return failed(detail, { problem, fix });
  }
  if (tcpMs === undefined) return notReached(`The connection to ${hostOf(url)}`);
  const measured = spanText(tcpMs);
  const through = isDirect(report) ? 'directly' : `through the proxy ${via}`;
  return tcpMs > SLOW.tcp
    ? warned(`${hostOf(url)} answers slowly ${through}.`, { measured })
    : passed(`${hostOf(url)} can be reached ${through}.`, { measured });
}

function tls({ wish: { url }, report }: EndpointSight, { now }: CheckFacts): Finding {
  const required = 'a valid certificate of somebody who is trusted';
  if (report === undefined) return notMeasured(url);
  if (isPlain(url)) return plain(url);
  const { tls: shown, problem } = report;
  if (shown === undefined) {
    return problem?.code === 'registry.tls'
      ? failed(`${hostOf(url)} does not speak a safe connection.`, { required, problem })
      : notReached(`The certificate of ${hostOf(url)}`);
  }
  const measured = `${shown.subject}, by ${shown.issuer}`;
  const extra = { measured, required };
  if (!shown.trusted) {
    const fix: CheckFix | undefined = isUntrusted(shown.reason)
      ? { kind: 'ca', issuer: shown.issuer }
      : undefined;
    return failed(reasonText(shown.reason, hostOf(url)), { ...extra, problem, fix });
  }
  const left = shown.validTo === undefined ? undefined : Date.parse(shown.validTo) - now.getTime();
  if (left !== undefined && left < WARN_BEFORE_MS)
    return warned(`The certificate ends ${timeText(shown.validTo ?? '')}.`, extra);
  return passed('The certificate is valid and trusted.', extra);
}

function plain(url: string): Finding {
  const isOwn = /^(127\.|localhost$|\[::1\]$)/.test(URL.parse(url)?.hostname ?? '');
  return isOwn
    ? passed('The connection stays inside this box and needs no certificate.')
    : warned(`${hostOf(url)} is asked without a safe connection; signatures still protect what comes.`);
}

function reasonText(reason: string | undefined, host: string): string {
  if (reason === 'CERT_HAS_EXPIRED') return `The certificate of ${host} has expired.`;
  if (reason === 'CERT_NOT_YET_VALID')
    return `The certificate of ${host} is not valid yet; is the clock right?`;
  if (reason === 'ERR_TLS_CERT_ALTNAME_INVALID') return `The certificate is not for ${host}.`;
  return `Nobody who is trusted stands behind the certificate of ${host}.`;
}

/** names who stands between, and offers to trust him. */
function interception({ wish: { url }, report, host }: EndpointSight): Finding {
  if (report === undefined) return notMeasured(url);
  if (isPlain(url)) return passed('There is no safe connection that could be opened.');
  const { tls: shown } = report;
  if (shown === undefined) return notReached(`The certificate of ${hostOf(url)}`);
  const measured = shown.issuer;
  if (shown.trusted) {
    return shown.public
      ? passed('Nobody opens the connection on the way.', { measured })
      : passed('The certificate is by an authority that was added here, such as your own inspection.', {
          measured,
        });
  }
  if (!isUntrusted(shown.reason)) return passed('The certificate has another fault.', { measured });
  const others = host.endpoints.filter(
    (one) => one.url !== url && one.tls?.issuer === shown.issuer && !one.tls.trusted,
  );
  const sure = others.length > 0 ? 'It is the same for other addresses: ' : 'Perhaps ';
  const detail = `${sure}a device on your network opens safe connections and signs them as "${shown.issuer}".`;
  return failed(detail, { measured, fix: { kind: 'ca', issuer: shown.issuer }, problem: report.problem });
}

function http({ wish: { url }, report }: EndpointSight): Finding {
  const required = 'the answer of a registry';
  if (report === undefined) return notMeasured(url);
  const { status, problem, via } = report;
  if (status === undefined) return notReached(`The service at ${hostOf(url)}`);
  const compared = { measured: `answer ${status}`, required };
  // 401 is how a registry asks for a token.
  if ((status >= 200 && status < 300) || status === 401) return passed('The registry answers.', compared);
  if (status === 407)
    return failed(`The proxy ${via} wants a name and a password.`, {
      ...compared,
      problem,
      fix: { kind: 'proxy' },
    });
  if (status === 403)
    return failed(`${hostOf(url)}, or a device on the way, refuses this box.`, { ...compared, problem });
  if (status >= 500)
    return warned('The registry has a fault of its own; the box tries again.', { ...compared, problem });
  return warned('What answers there does not look like a registry.', { ...compared, problem });
}

const CREDENTIAL_CODES = new Set(['registry.denied', 'registry.credentials-stale']);

function credentials({ channel, endpoints }: CheckFacts): Finding {
  if (channel === undefined) return unknown('The channel has not been asked yet.');
  const { problem, lastSuccessAt, servedBy } = channel;
  if (problem !== undefined && CREDENTIAL_CODES.has(problem.code)) {
    const [first] = endpoints;
    const host = servedBy ?? (first === undefined ? undefined : hostOf(first.url));
    const fix: CheckFix | undefined = host === undefined ? undefined : { kind: 'credentials', host };
    return failed('The registry does not let this box read the channel.', { problem, fix });
  }
  if (lastSuccessAt === undefined) return unknown('The registry has not answered about the channel yet.');
  return passed('The registry lets this box read the channel.');
}

const base = { group: 'registry', severity: 'blocking' } as const;

/** Each address that the release needs, hop by hop, through proxy and mirrors as the box will go. */
export const ENDPOINT_CHECKS: readonly Check[] = [
  {
    ...{ ...base, id: 'registry.dns', title: 'Name', mayAccept: true, look: perEndpoint(dns) },
    why: 'The release is fetched from this address; without its name it is not found.',
  },
  {
    ...{ ...base, id: 'registry.connect', title: 'Connection', mayAccept: true, look: perEndpoint(connect) },
    why: 'A firewall that lets nothing through stops the installation half way.',
  },
  {
    ...{ ...base, id: 'registry.tls', title: 'Certificate', mayAccept: false, look: perEndpoint(tls) },
    why: 'The box talks only to places that can prove who they are.',
  },
  {
    ...{ ...base, id: 'registry.interception', title: 'Inspection on the way', mayAccept: false },
    look: perEndpoint(interception),
    why: 'A device that opens safe connections has to be trusted first, or nothing can be fetched.',
  },
  {
    ...{ ...base, id: 'registry.http', title: 'Answer', mayAccept: true, look: perEndpoint(http) },
    why: 'Only a registry that answers can deliver the release.',
  },
  {
    ...{ ...base, id: 'registry.credentials', title: 'Access', mayAccept: false, look: perBox(credentials) },
    why: 'A registry that does not know this box gives it nothing.',
  },
];
