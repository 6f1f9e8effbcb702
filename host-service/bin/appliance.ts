#!/usr/bin/env node
import process from 'node:process';
import { appliance } from '../src/cli/program.ts';

await appliance(process.argv.slice(2));
