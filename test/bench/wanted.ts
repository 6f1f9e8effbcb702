/** What the person at the command line wants of the parts. */
export interface Wanted {
  /** How long the soak takes. */
  readonly minutes: number;
  /** Most room of Node's old generation in MB, to tell memory that is kept from memory that was not looked through yet. */
  readonly heapMb: number | undefined;
}
