import type { EndpointReport } from '../../contract/host/endpoint.ts';
import type { NeededHost, NetworkPreview, NetworkTest, NetworkView } from '../../contract/network/view.ts';
import { PROBLEMS, safeLine } from '../../contract/problem.ts';
import type { Said } from '../objects/session.ts';

/** Hops as far as they were gone. */
function hopsText({ via, dnsMs, addresses = [], tcpMs, tls, status }: EndpointReport): string {
  return [
    via === 'direct' ? 'directly' : `through ${via}`,
    ...(dnsMs === undefined ? [] : [`name ${addresses.slice(0, 3).join(', ')} in ${dnsMs} ms`]),
    ...(tcpMs === undefined ? [] : [`connection ${tcpMs} ms`]),
    ...(tls === undefined ? [] : [`certificate of ${tls.issuer}${tls.trusted ? '' : ', NOT trusted'}`]),
    ...(status === undefined ? [] : [`answer ${status}`]),
  ]
    .map(safeLine)
    .join('; ');
}

function hostText({ host, use, mirrors, credential, report, via }: NeededHost): string {
  const way = report === undefined ? `${via}; not tried yet` : hopsText(report);
  const problem = report?.problem === undefined ? '' : ` [${report.problem.code}]`;
  const asked = mirrors.length === 0 ? '' : ` by ${mirrors.join(', ')}`;
  const user = credential.isSet ? ` as ${safeLine(credential.user ?? '')}` : '';
  return `${host} (${use})${asked}${user}: ${way}${problem}`;
}

/** The way out for people. */
export function viewSaid(view: NetworkView): Said {
  const { settings, proxyCredential, authorities, hosts, rejected, fixed } = view;
  const { proxy, resolvers, timeServers } = settings;
  const address = proxy?.https ?? proxy?.http;
  const user = proxyCredential.isSet ? ` as ${safeLine(proxyCredential.user ?? '')}` : '';
  const own = fixed.proxy ? 'as the file of this box says' : 'none';
  const text = [
    `Proxy: ${address === undefined ? own : `${address}${user}`}`,
    ...(proxy?.noProxy === undefined ? [] : [`Without proxy: ${proxy.noProxy}`]),
    ...authorities.map(({ subject, validTo }) => `Trusted as well: ${safeLine(subject)} until ${validTo}`),
    `Name servers: ${resolvers.length === 0 ? 'as the network gives' : resolvers.join(', ')}`,
    `Time servers: ${timeServers.length === 0 ? 'as the network gives' : timeServers.join(', ')}`,
    ...hosts.map(hostText),
    ...rejected.map(({ host, what }) => `Not done on ${host}: ${safeLine(what)}`),
  ];
  return { text: text.join('\n'), data: view };
}

const TOUCHES: Readonly<Record<NetworkPreview['touches'][number], string>> = {
  'control-plane': 'This program goes the new way at once; nothing restarts.',
  delivery: 'Releases are fetched the new way.',
  images: 'Images are fetched the new way; what runs is not restarted.',
  'name-servers': 'The box asks other name servers.',
  time: 'The box asks other time servers.',
};

/** What a change would touch. */
export const previewTold = (preview: NetworkPreview): Said => ({
  text:
    preview.touches.length === 0
      ? 'Nothing would change.'
      : preview.touches.map((touch) => TOUCHES[touch]).join('\n'),
  data: preview,
});

const CREDENTIAL: Readonly<Record<NetworkTest['credential'], string>> = {
  'not-needed': 'no name and password needed',
  accepted: 'name and password accepted',
  refused: 'name and password REFUSED',
  missing: 'a name and a password are NEEDED',
  untested: 'name and password not tried',
};

/** How far one host was reached. */
export function testSaid(test: NetworkTest): Said {
  const { host, report, credential, problem } = test;
  const end =
    problem === undefined
      ? ['All is well.']
      : [`${problem.code}: ${safeLine(problem.detail)}`, PROBLEMS[problem.code].remedy];
  return { text: [`${host}: ${hopsText(report)}; ${CREDENTIAL[credential]}`, ...end].join('\n'), data: test };
}
