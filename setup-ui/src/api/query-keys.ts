/** Names of what is cached. */
export const KEYS = {
  session: ['session'],
  signedOut: ['signed-out'],
  sessions: ['sessions'],
  version: ['version'],
  status: ['status'],
  setup: ['setup'],
  setupPlan: (revision: string) => ['setup-plan', revision] as const,
  checks: ['checks'],
  network: ['network'],
  releases: ['releases'],
  operations: ['operations'],
  operation: (name: string) => ['operations', name] as const,
  preview: (revision: number, change: unknown) => ['preview', revision, change] as const,
} as const;
