import type { EndpointReport, EndpointWish } from '../../contract/host/endpoint.ts';
import type { NetworkTest } from '../../contract/network/view.ts';
import type { Credential, WayOut } from '../../core/network/way-out.ts';

/** The way out with its passwords: for this process only, never written or logged. */
export interface OpenWay extends WayOut {
  readonly proxyCredential: Credential | undefined;
  readonly credentials: ReadonlyMap<string, Credential>;
}

/** Going to one host to see how far one gets. */
export interface NetworkPorts {
  /** Answers within ten seconds with the hops that were seen. */
  measure(
    wish: EndpointWish,
    along: { readonly proxyCredential?: Credential | undefined },
    signal: AbortSignal,
  ): Promise<EndpointReport>;
  /** Asks a registry for one thing by the way given, and says what it thinks of the credential. */
  tryCredential(
    way: OpenWay,
    wanted: { readonly host: string; readonly path: string; readonly reference: string },
    signal: AbortSignal,
  ): Promise<NetworkTest['credential']>;
}

/** A measurement of ours. */
export interface OwnReport {
  /** What was measured. */
  readonly key: string;
  readonly report: EndpointReport | undefined;
  readonly at: number;
}
