/** The node's own address, as on a box (design §2): private, on an interface that nothing else uses. */
export const ADDRESS = '198.19.255.1';
/** Where pods are. */
export const POD_CIDR = '198.18.0.0/24';
export const NODE_NAME = 'appliance-0';
