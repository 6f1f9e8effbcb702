/** The node's own address, as on a box (design §2): private, on an interface that nothing else uses. */
export const ADDRESS = '198.19.255.1';
/** Where pods are. */
export const POD_CIDR = '198.18.0.0/24';
export const NODE_NAME = 'appliance-0';

/** From where visitors of the box come: as many people, each with an address of their own. */
export const VISITORS: readonly string[] = Array.from(
  { length: 10 },
  (_, index) => `198.19.254.${index + 1}`,
);
