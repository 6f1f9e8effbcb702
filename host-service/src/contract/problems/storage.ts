import { spec } from './spec.ts';

/** Where the product's data lies, and the trial write (B-23, B-41, B-42). None of these is a fault of a release. */
// One row per problem, because a table is read and compared by rows.
// prettier-ignore
export const STORAGE_PROBLEMS = {
  'storage.claim-pending': spec('support', 503, 'The storage that was asked for is not given.', 'Check that the disk is neither full nor damaged; then try again or send a support bundle.'),
  'storage.class-unfit': spec('support', 409, 'The storage of this box is set up in a way that may lose data.', 'Nothing was deleted; send a support bundle, because it has to be set up anew.'),
  'storage.mount-failed': spec('support', 503, 'The storage is there, but cannot be attached to what uses it.', 'Restart the box and try again; if it stays, send a support bundle.'),
  'storage.no-driver': spec('support', 503, 'Nothing on this box provides storage.', 'Restart the box; if it stays, send a support bundle.'),
  'storage.proof-stopped': spec('appliance', 503, 'The trial write could not be carried out.', 'Nothing to do at first: the box tries again; if it stays, send a support bundle.'),
  'storage.two-defaults': spec('support', 409, 'More than one storage wants to be taken when none is named.', 'Nothing was changed; send a support bundle, because one has to step back.'),
  'storage.two-drivers': spec('support', 409, 'Two programs want to provide the same storage.', 'Nothing was changed; send a support bundle, because one of the two has to go.'),
  'storage.write-denied': spec('support', 409, 'The application may not write to its storage.', 'Send a support bundle; nothing was changed.'),
  'storage.write-failed': spec('operator', 507, 'What is written to the storage does not arrive.', 'Check that the disk is neither full nor damaged, then try again.'),
} as const;
