import { describe, expect, it } from 'vitest';
import { classify, RULE_NAMES, type RuleName } from './classify.ts';

/** For each rule: texts that the platform really says, and near misses that must not be taken for it. */
const CORPUS: Readonly<
  Record<RuleName, { readonly yes: readonly string[]; readonly no: readonly string[] }>
> = {
  'helm-lock': {
    yes: [
      'Helm upgrade failed for release msp/web with chart web@1.0.0: another operation (install/upgrade/rollback) is in progress',
    ],
    no: ['another operation is in progress on this volume'],
  },
  'helm-no-release': {
    yes: ['Helm upgrade failed: "web" has no deployed releases'],
    no: ['namespace msp has deployed releases: 3'],
  },
  'dependency-wait': {
    yes: ["dependency 'alga-system/alga-core' is not ready", 'Dependencies are not ready: alga-core'],
    no: ['dependency update failed: chart web has no dependencies', 'pod web-1 is not ready'],
  },
  'action-running': {
    yes: ["Running 'install' action with timeout of 30m0s", "Running 'upgrade' action with timeout of 5m0s"],
    no: ["Helm install failed: context deadline while running 'pre-install' hook"],
  },
  'health-wait': {
    yes: [
      'Reconciliation in progress',
      'Running health checks for revision sha256:1 with a timeout of 5m',
      'waiting for Deployment/msp/web to become ready',
    ],
    no: ['health check failed after 5m: timeout waiting for: [Deployment/msp/web status: Failed]'],
  },
  'name-lookup': {
    yes: [
      'failed to do request: Head "https://ghcr.io/v2/x": dial tcp: lookup ghcr.io: no such host',
      'dial tcp: lookup ghcr.io on 10.0.0.2:53: server misbehaving',
      'dial tcp: lookup ghcr.io on 127.0.0.53:53: read udp 127.0.0.1:4->127.0.0.53:53: read: connection refused',
    ],
    no: ['lookup table of tenants: no entry', 'the host has no such file'],
  },
  'registry-unreachable': {
    yes: [
      'Head "https://ghcr.io/v2/": dial tcp 140.82.121.34:443: connect: connection refused',
      'dial tcp [2606:50c0::1]:443: i/o timeout',
    ],
    no: ['connection refused by user', 'dial tcp failed'],
  },
  'rate-limited': {
    yes: [
      'toomanyrequests: You have reached your pull rate limit',
      'unexpected status: 429 Too Many Requests',
    ],
    no: ['429 pods are waiting', 'too many requests for memory'],
  },
  'pull-interrupted': {
    yes: [
      'failed to copy: context canceled',
      'failed to pull image: rpc error: context deadline exceeded',
      'httpReadSeeker: unexpected EOF',
      'net/http: TLS handshake timeout',
    ],
    no: ['the deadline was exceeded', 'cancelled by the user'],
  },
  'disk-full': {
    yes: ['write /var/lib/rancher/k3s/agent/containerd/x: no space left on device'],
    no: ['there is no space for this device in the rack'],
  },
  'image-missing': {
    yes: [
      'Back-off pulling image "ghcr.io/a/b:1": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image "ghcr.io/a/b:1": failed to resolve reference "ghcr.io/a/b:1": ghcr.io/a/b:1: not found',
      'manifest unknown: manifest unknown',
      'manifest for ghcr.io/a/b:1 not found',
    ],
    no: [
      'secret "web-env" not found',
      'Back-off pulling image "ghcr.io/a/b:1"',
      'manifests were applied; not found any drift',
    ],
  },
  'image-private': {
    yes: [
      'pull access denied, repository does not exist or may require authorization',
      'server message: insufficient_scope: authorization failed',
    ],
    no: ['access denied for user postgres'],
  },
  'registry-refuses': {
    yes: ['unexpected status code [manifests 1]: 401 Unauthorized', 'failed to authorize: 403 Forbidden'],
    no: ['pod has 403 restarts', 'unauthorized'],
  },
  'image-name': {
    yes: ['couldn\'t parse image name "Web:1": invalid reference format: repository name must be lowercase'],
    no: ['invalid format of setting image'],
  },
};

describe('texts of the platform', () => {
  it('B-76 have at least one sample and one near miss for each rule', () => {
    expect(Object.keys(CORPUS).sort()).toEqual([...RULE_NAMES].sort());
    for (const { yes, no } of Object.values(CORPUS))
      expect(Math.min(yes.length, no.length)).toBeGreaterThan(0);
  });

  it.each(RULE_NAMES.flatMap((rule) => CORPUS[rule].yes.map((text) => [rule, text] as const)))(
    'mean %s: %s',
    (rule, text) => {
      expect(classify(text)?.rule).toBe(rule);
    },
  );

  it.each(RULE_NAMES.flatMap((rule) => CORPUS[rule].no.map((text) => [rule, text] as const)))(
    'B-76 do not mean %s: %s',
    (rule, text) => {
      expect(classify(text)?.rule).not.toBe(rule);
    },
  );

  it.each([
    '',
    'Scaled up replica set web-1 from 0 to 1',
    'Successfully pulled image in 3s',
    'Created container web',
  ])('B-80 mean nothing when they only tell of progress: %j', (text) => {
    expect(classify(text)).toBeUndefined();
  });

  it('B-80 about waiting are never a failure', () => {
    for (const rule of [
      'dependency-wait',
      'action-running',
      'health-wait',
      'name-lookup',
      'pull-interrupted',
    ] as const) {
      for (const text of CORPUS[rule].yes) expect(classify(text)?.verdict).toBe('wait');
    }
  });
});
