import type { ReactNode } from 'react';

export interface ConfirmDialogProps {
  readonly isOpen: boolean;
  /** A question: "Update to 2.1.0?" */
  readonly title: string;
  /** What will happen, in sentences; what is lost, if anything. */
  readonly children: ReactNode;
  /** Names the consequence: "Update and restart", never "OK". */
  readonly confirmLabel: string;
  readonly cancelLabel?: string;
  readonly isDangerous?: boolean;
  /** Must be typed first: only where data can be lost (E-19). */
  readonly typed?: string;
  /** What is going on, as a sentence: the dialog stays and takes no clicks. */
  readonly busy?: string | undefined;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
}
