import type { Browser } from 'playwright-core';
import { z } from 'zod';
import type { PageReport } from '../../../scripts/build/page.ts';
import { openBrowser, PHONE } from '../../browser/support/chromium.ts';
import { median, type Row } from '../measure.ts';
import type { BenchBox } from './box.ts';

const RUNS = 3;
/** A telephone on a slow mobile network: 1.6 Mbit/s down, 750 kbit/s up, 150 ms for a round trip, a processor four times slower. */
const NETWORK = { offline: false, latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 750e3 / 8 };
const CPU_SLOWER = 4;
/** Milliseconds after which the largest part is taken to be drawn. */
const SETTLED_MS = 4_000;
/** Runs in the page before all else. As text, because Node knows no such entries. */
const NOTE_PAINTS = `
  globalThis.paints = [];
  const note = (list) => {
    for (const { entryType, name, startTime } of list.getEntries())
      globalThis.paints.push({ name: name === '' ? entryType : name, startTime });
  };
  for (const type of ['paint', 'largest-contentful-paint']) new PerformanceObserver(note).observe({ type, buffered: true });
`;
const Paints = z.array(z.object({ name: z.string(), startTime: z.number() }));

const sum = (sizes: Readonly<Record<string, number>>): number =>
  Object.values(sizes).reduce((all, one) => all + one, 0);

/** What the page weighs, beside what is told of the predecessor. */
export function weigh(report: PageReport): readonly Row[] {
  const [first, overview] = [sum(report.firstLoad), sum(report.overview)];
  const kb = (bytes: number): number => bytes / 1000;
  return [
    {
      what: 'first load, JavaScript',
      'gzipped, kB': kb(first),
      files: Object.keys(report.firstLoad).length,
      from: 'measured',
    },
    {
      what: 'first load and overview, JavaScript',
      'gzipped, kB': kb(first + overview),
      files: '',
      from: 'measured',
    },
    { what: 'style', 'gzipped, kB': kb(report.css), files: '', from: 'measured' },
    {
      what: 'predecessor, first load, JavaScript',
      'gzipped, kB': '183-279',
      files: '',
      from: 'given, not measured here',
    },
  ];
}

interface Painted {
  readonly firstMs: number;
  readonly largestMs: number;
  readonly bytes: number;
}

/** One visit with nothing in any cache. */
async function visit(browser: Browser, url: string, cookie: string | undefined): Promise<Painted> {
  const context = await browser.newContext({ ...PHONE, locale: 'en-GB' });
  try {
    if (cookie !== undefined) {
      const [name = '', value = ''] = cookie.split(/=(.*)/s);
      await context.addCookies([{ name, value, url }]);
    }
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    let bytes = 0;
    devtools.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
    await devtools.send('Network.enable');
    await devtools.send('Network.emulateNetworkConditions', NETWORK);
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWER });
    await page.addInitScript(NOTE_PAINTS);
    await page.goto(url, { waitUntil: 'commit' });
    await page.getByRole('heading').first().waitFor();
    await page.waitForTimeout(SETTLED_MS);
    const paints = Paints.parse(await page.evaluate('globalThis.paints'));
    const firstMs = paints.find(({ name }) => name === 'first-contentful-paint')?.startTime ?? Number.NaN;
    const largestMs =
      paints.findLast(({ name }) => name === 'largest-contentful-paint')?.startTime ?? Number.NaN;
    return { firstMs, largestMs, bytes };
  } finally {
    await context.close();
  }
}

/** First and largest paint on a slow telephone, before and after signing in. */
export async function benchPage(box: BenchBox): Promise<readonly Row[]> {
  const browser = await openBrowser();
  try {
    const rows: Row[] = [];
    for (const [who, cookie] of [
      ['signed out', undefined],
      ['signed in', await box.signIn()],
    ] as const) {
      const visits: Painted[] = [];
      for (let run = 0; run < RUNS; run += 1) visits.push(await visit(browser, `${box.url}/`, cookie));
      const of = (name: keyof Painted): readonly number[] => visits.map((one) => one[name]);
      rows.push({
        visitor: who,
        visits: RUNS,
        'first contentful paint, median ms': Math.round(median(of('firstMs'))),
        'worst, ms': Math.round(Math.max(...of('firstMs'))),
        'largest contentful paint, median ms': Math.round(median(of('largestMs'))),
        'worst of these, ms': Math.round(Math.max(...of('largestMs'))),
        'over the wire, kB': Math.max(...of('bytes')) / 1000,
      });
    }
    return rows;
  } finally {
    await browser.close();
  }
}
