import { z } from 'zod';

// The gallery parses its states with the contract's own schemas. Compiled ones need eval, which the policy of the page forbids.
z.config({ jitless: true });
