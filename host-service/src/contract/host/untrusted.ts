/** What OpenSSL says when nobody who is trusted stands behind a certificate: a proxy that opens connections looks like that. */
const UNTRUSTED: ReadonlySet<string> = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Whether adding an authority would mend it. */
export const isUntrusted = (reason: string | undefined): boolean =>
  reason !== undefined && UNTRUSTED.has(reason);
