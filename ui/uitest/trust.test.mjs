import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { base, close, each, launch, moves, open } from './browser.mjs'

const run = promisify(execFile)
const [name, key] = [process.env.STOOP_NAME, process.env.STOOP_KEY]
const { visitor } = JSON.parse(process.env.STOOP_CAMERAS)
const plain = `http://${name}:${new URL(base).port}`
const secure = `https://${name}:${new URL(base).port}`
const args = [`--host-resolver-rules=MAP ${name} 127.0.0.1`]
let home
before(async () => (home = await mkdtemp(join(tmpdir(), 'stoop-trust-'))))
after(() => rm(home, { recursive: true, force: true }))

test('how to trust this home, at every width, light and dark', async () => {
  const browser = await launch({ args })
  await each(browser, async (page, shot) => {
    await page.goto(`${plain}/trust`)
    assert.equal(await page.evaluate(() => isSecureContext), false)
    await shot('trust')
    await page.click('summary:has-text("iPhone")')
    await page.locator('details[open]').scrollIntoViewIfNeeded()
    await shot('trust-iphone')
    assert.match(await page.textContent('.print'), /^([0-9A-F]{2}:?){32}$/)
  }, ['light', 'dark'], plain)
  await browser.close()
})

test('who does not trust it is warned', async () => {
  const browser = await launch({ args })
  const page = await open(browser, { home: secure })
  await assert.rejects(page.goto(secure), /ERR_CERT_AUTHORITY_INVALID/)
  await browser.close()
})

test('who trusts it signs in, watches, and has what needs a secure context', async () => {
  const db = join(home, '.pki', 'nssdb')
  await mkdir(db, { recursive: true })
  const file = join(home, 'stoop-home.pem')
  await writeFile(file, await (await fetch(`${base}/trust/stoop-home.pem`)).text())
  await run('certutil', ['-d', `sql:${db}`, '-N', '--empty-password'])
  await run('certutil', ['-d', `sql:${db}`, '-A', '-t', 'C,,', '-n', 'stoop', '-i', file])
  const added = await fetch(`${base}/api/v1/cameras`, {
    method: 'POST', headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' }, body: JSON.stringify({ name: 'Front door', url: `${visitor}/main`, sub_url: `${visitor}/sub` }),
  })
  assert.equal(added.status, 201, await added.text())

  const browser = await launch({ args, env: { ...process.env, HOME: home } })
  const page = await open(browser, { home: secure })
  await page.goto(`${secure}/cameras/1`)
  await page.fill('[name=key]', key)
  await Promise.all([page.waitForURL(`${secure}/cameras/1`), page.click('button[type=submit]')])
  assert.deepEqual(await page.evaluate(() => [isSecureContext, 'mediaDevices' in navigator, 'serviceWorker' in navigator]), [true, true, true])
  assert.equal(await page.evaluate(() => performance.getEntriesByType('navigation')[0].nextHopProtocol), 'h2')
  const [cookie] = await page.context().cookies()
  assert.ok(cookie.secure && cookie.httpOnly, JSON.stringify(cookie))
  await moves(page, 'video')
  await close(page)

  // By its address, too.
  const there = `https://127.0.0.1:${new URL(base).port}`
  const other = await open(browser, { home: there })
  await other.goto(`${there}/trust`)
  await close(other)
  await browser.close()
})
