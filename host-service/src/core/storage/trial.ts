import type { StorageDefinition } from '../../contract/product.ts';
import { OWNER_LABELS, type ObjectShape } from '../plan/shape.ts';
import { PROOF_LABEL, PROOF_NAME } from './facts.ts';

export const PROOF_CONTAINER = 'write';
/** Where the program finds the folder that it tries. */
const FOLDER = '/data';

interface Place {
  readonly namespace: string;
  readonly operation: string;
}

const metadataOf = (name: string, { namespace, operation }: Place): ObjectShape['metadata'] => ({
  name,
  namespace,
  labels: { ...OWNER_LABELS, [PROOF_LABEL]: operation },
});

/** The claim of the trial write: of the product's own class, because that is what is tried. */
export const claimObject = (storage: StorageDefinition, place: Place): ObjectShape => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: metadataOf(PROOF_NAME, place),
  spec: {
    accessModes: ['ReadWriteOnce'],
    storageClassName: storage.class,
    resources: { requests: { storage: storage.proof.size } },
  },
});

/**
 * Writes as the database does it (B-23): the same user and group, the same folder inside of the volume, made by the node and not by us. It runs
 * from the control plane's own image, which is on the box already; `program` is JavaScript for it.
 */
export function trialObject(
  { proof: { uid, gid, subPath } }: StorageDefinition,
  place: Place & { readonly attempt: number; readonly image: string; readonly program: string },
): ObjectShape {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: metadataOf(`${PROOF_NAME}-${place.attempt}`, place),
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 1,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: {
        ...{ runAsNonRoot: true, runAsUser: uid, runAsGroup: gid, fsGroup: gid },
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: PROOF_CONTAINER,
          image: place.image,
          imagePullPolicy: 'IfNotPresent',
          command: ['/usr/local/bin/node', '-e', place.program, FOLDER],
          terminationMessagePolicy: 'FallbackToLogsOnError',
          resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '128Mi' } },
          securityContext: {
            ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
            capabilities: { drop: ['ALL'] },
          },
          volumeMounts: [{ name: 'data', mountPath: FOLDER, subPath }],
        },
      ],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: PROOF_NAME } }],
    },
  };
}
