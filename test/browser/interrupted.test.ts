import type { StatusView } from 'host-service/contract/api/status.ts';
import { expect, afterAll, beforeAll, describe, it } from 'vitest';
import { openEmbedded } from '../demo/embedded-parts.ts';
import { openBox, PASSWORD, type Box } from './support/box.ts';
import { CHROMIUM, NO_CHROMIUM } from './support/chromium.ts';
import { eventually } from './support/eventually.ts';
import { withMouse } from './support/person.ts';

const about = CHROMIUM === undefined ? ` (${NO_CHROMIUM})` : '';
const LONG_MS = 60_000;

describe.skipIf(CHROMIUM === undefined)(
  `an installation that is interrupted${about}`,
  { timeout: 240_000 },
  () => {
    let box: Box;

    beforeAll(async () => {
      // Slow enough that there is something to interrupt.
      box = await openBox(undefined, (folder) => openEmbedded(folder, { startMs: 2_500, packageMs: 150 }));
    });
    afterAll(() => box?.close());

    it('R-12 is paused and stays so over a kill, goes on, and says after a power cut that nothing is lost (E-01, R-05)', async () => {
      const { stage } = box;
      const { box: own, page } = await box.visit();
      await own.claim(withMouse, await stage.claimCode(), PASSWORD);
      await stage.until('it asks its questions', ({ phase }) => phase === 'needs-you');
      await stage.answer();
      await page.goto('/setup/install');
      await page.locator('[data-download=pulling]').first().waitFor({ timeout: LONG_MS });
      await own.sees('setup.unplug.safe');

      await withMouse.press(own.button('overview.ask.pause'));
      await withMouse.press(own.answer('overview.dialog.pause.confirm'));
      await own.noDialog();
      await page.locator('[data-paused=admin]').waitFor({ timeout: LONG_MS });
      await own.sees('overview.stopped.still');
      const operationOf = async () =>
        (await own.api<StatusView>('/api/status').catch(() => undefined))?.operation;
      const before = await operationOf();
      await stage.controlPlane.kill();
      await eventually('taken up again', operationOf, (found) => (found?.resumes ?? 0) > 0, LONG_MS);
      expect(await operationOf()).toMatchObject({
        ...{ name: before?.name, outcome: 'running', continued: { kind: 'restart' } },
        paused: { by: 'admin', via: 'ui' },
      });
      await page.locator('[data-continued=restart]').waitFor({ timeout: LONG_MS });
      await page.locator('[data-paused=admin]').waitFor({ timeout: LONG_MS });

      await withMouse.press(own.button('overview.ask.resume'));
      await withMouse.press(own.answer('overview.dialog.resume.confirm'));
      await own.noDialog();
      await page.locator('[data-paused]').waitFor({ state: 'detached', timeout: LONG_MS });
      await stage.cutPower();
      const told = page.locator('[data-continued=power]');
      await told.waitFor({ timeout: LONG_MS });
      expect(await told.innerText()).toMatch(
        /^Continued after power loss at \d\d:\d\d(\s[AP]M)?, nothing lost\.$/,
      );
      await own.sees('setup.done.headline', { product: 'AlgaPSA', version: '1.0.0' }, 120_000);
      const done = await operationOf();
      expect(done).toMatchObject({ name: before?.name, outcome: 'succeeded', resumes: 2 });
      expect(Date.parse(done?.continued?.stoppedAt ?? '')).toBeLessThan(
        Date.parse(done?.continued?.at ?? ''),
      );
    });
  },
);
