import type { CheckResult } from 'host-service/contract/checks.ts';
import type { EndpointReport } from 'host-service/contract/host/endpoint.ts';
import type { HostFacts } from 'host-service/contract/host/facts.ts';
import { Release } from 'host-service/contract/release.ts';
import { evaluateChecks } from 'host-service/core/checks/evaluate.ts';
import type { CheckFacts, HostSight } from 'host-service/core/checks/facts.ts';
import { NOW, releaseJson } from '../fixtures/documents.ts';

export const GB = 1e9;
export const URL_OF = 'https://registry.example.com/v2/';

/** A machine on which every check passes. */
export const GOOD: HostFacts = {
  ...{ hostName: 'box', cpus: 8, memoryMiB: 32_000, kernel: '6.12.48+deb13-amd64', fileWatches: 65_536 },
  ...{ cgroupVersion: 2, cgroupControllers: 'cpuset cpu io memory pids', overlay: true, previous: 'none' },
  ...{ diskTotalBytes: 500 * GB, diskFreeBytes: 400 * GB, diskInodesFreePercent: 90, diskWritable: true },
  ...{ diskSyncMs: 2, clockAt: NOW.toISOString(), clockFloor: '2026-01-01T00:00:00.000Z' },
  ...{ clockSynchronised: true, networkDevice: 'eth0', linkUp: true, address: '192.0.2.7' },
  ...{ gateway: '192.0.2.1', gatewayAnswers: true, resolvers: '192.0.2.53', wildcardName: 'none' },
  ...{ overlappingRoute: 'none', portsTaken: 'none', k3s: 'v1.36.3+k3s1', datastore: 'etcd' },
  ...{ certificateUntil: '2027-11-21T00:00:00.000Z', certificateName: 'serving.crt' },
};

export const REPORT: EndpointReport = {
  ...{ url: URL_OF, at: NOW.toISOString(), via: 'direct', dnsMs: 12, addresses: ['192.0.2.80'], tcpMs: 20 },
  tls: {
    ...{ issuer: 'Public CA', subject: 'registry.example.com', trusted: true, public: true },
    validTo: '2027-06-01T00:00:00.000Z',
  },
  ...{ status: 401, dateSkewMs: 300 },
};

export const host = (over: Partial<HostSight> = {}, facts: Partial<HostFacts> = {}): HostSight => ({
  ...{ name: 'box', version: '0.1.0', architecture: 'amd64', rejected: 0 },
  ...{ endpoints: [REPORT], measuredAt: NOW.toISOString(), facts: { ...GOOD, ...facts }, ...over },
});

export const releaseOf = (over: Record<string, unknown> = {}): Release => Release.parse(releaseJson(over));

/** All is well, but for what the case changes. */
export const scene = (over: Partial<CheckFacts> = {}): CheckFacts => ({
  ...{ now: NOW, hosts: [host()], running: undefined, endpoints: [{ url: URL_OF }], pullBytes: 2 * GB },
  target: { release: releaseOf(), signed: true, quarantined: false },
  ...{ controlPlane: '0.1.0', platform: '1.36.3', storageProof: { ok: true, detail: 'It works.' } },
  channel: {
    ...{ name: 'stable', tag: 'stable-v2', checkedAt: NOW.toISOString(), lastSuccessAt: NOW.toISOString() },
  },
  storage: [{ name: 'local-path', isDefault: true, keeps: true }],
  claimedBytes: 60 * GB,
  ...over,
});

/** The same with other facts of its one host; `undefined` = not measured. */
export const withFacts = (facts: Partial<HostFacts>): CheckFacts => scene({ hosts: [host({}, facts)] });
/** The same with another report about its one address. */
export const withReport = (
  report: Partial<EndpointReport> | undefined,
  over: Partial<CheckFacts> = {},
): CheckFacts =>
  scene({ hosts: [host({ endpoints: report === undefined ? [] : [{ ...REPORT, ...report }] })], ...over });

/** What one check says about facts. */
export function said(facts: CheckFacts, id: string): CheckResult {
  const found = evaluateChecks(facts, []).find((one) => one.id === id);
  if (found === undefined) throw new Error(`there is no check ${id}`);
  return found;
}
