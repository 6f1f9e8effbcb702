#!/usr/bin/env node
import process from 'node:process';
import { appliance } from '../src/cli/program.ts';
import { createDirectEngine } from '../src/direct-engine.ts';

await appliance(process.argv.slice(2), { direct: createDirectEngine });
