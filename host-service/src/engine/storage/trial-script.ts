/**
 * The program of the trial write: what a database asks of a disk. It makes a folder that only it may enter, writes, waits until the disk has it, reads it
 * back, and leaves nothing. Its last words are one JSON object that core/storage/said.ts reads. Plain JavaScript without imports of ours: it
 * runs in the image of any control plane.
 */
export const PROOF_SCRIPT = String.raw`
  const own = require('node:process'), fs = require('node:fs'), { join } = require('node:path'), { randomBytes } = require('node:crypto');
  const folder = join(own.argv[1], '.appliance-trial'), file = join(folder, 'bytes');
  let at = 'making a folder';
  const say = (what) => {
    const text = JSON.stringify(what);
    try { fs.writeFileSync('/dev/termination-log', text, { flag: 'r+' }); } catch { own.stdout.write(text); }
  };
  try {
    const begun = own.hrtime.bigint();
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder, { mode: 0o700 });
    at = 'writing';
    const bytes = randomBytes(65536);
    const opened = fs.openSync(file, 'wx', 0o600);
    for (let sent = 0; sent < bytes.length; ) sent += fs.writeSync(opened, bytes, sent);
    at = 'waiting for the disk';
    fs.fsyncSync(opened);
    fs.closeSync(opened);
    const entry = fs.openSync(folder, 'r');
    fs.fsyncSync(entry);
    fs.closeSync(entry);
    at = 'reading back';
    if (!fs.readFileSync(file).equals(bytes)) throw Object.assign(new Error('other bytes came back'), { code: 'EDIFFERENT' });
    at = 'tidying up';
    fs.rmSync(folder, { recursive: true });
    say({ ok: true, ms: Number((own.hrtime.bigint() - begun) / 1000000n) });
  } catch (error) {
    say({ ok: false, at, code: String(error.code ?? ''), message: String(error.message).slice(0, 200) });
    own.exitCode = 1;
  }
`;
