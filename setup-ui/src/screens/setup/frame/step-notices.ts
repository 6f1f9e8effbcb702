import { createContext, type ReactNode } from 'react';

/** What stands below the heading of whichever step is shown. */
export const StepNotices = createContext<ReactNode>(null);
