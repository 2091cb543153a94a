// A camera is found by its address alone, on a phone, and seen before it is added.
import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { base, close, launch, open, shots } from './browser.mjs'

let browser
before(async () => (browser = await launch()))
after(() => browser.close())

/** Goes from a way in to the page that was added, by the forms alone. */
async function story(page, keep) {
  await page.goto(`${base}/cameras/new`)
  await page.click('a[href="/cameras/find"]')
  await page.click('[value=ask]')
  assert.match(await page.textContent('#address-note'), /address is needed/)
  await page.fill('#address', process.env.STOOP_DEVICE)
  await page.click('[value=ask]')
  await page.waitForSelector('#password')
  assert.equal(await page.inputValue('#user'), 'admin')
  assert.equal(await page.locator('.alarm').count(), 0, 'nobody was refused yet')
  await keep('password')
  await page.fill('#password', 'wrong')
  await page.click('[value=ask]')
  await page.waitForSelector('.alarm')
  assert.equal(await page.inputValue('#password'), '', 'a password came back to the page')
  await page.fill('#password', 'right')
  await page.click('[value=ask]')
  await page.waitForSelector('video.found')
  assert.equal(await page.inputValue('#name'), 'Bell 2')
}

test('on a phone: its address, its password, its picture, and it is there', async () => {
  await mkdir(shots, { recursive: true })
  const page = await open(browser, { viewport: { width: 390, height: 844 } })
  const keep = (name) => page.screenshot({ path: `${shots}/find-${name}.png` })
  page.may = /status of 422/ // the form that was sent empty
  await story(page, keep)
  await page.waitForFunction(() => document.querySelector('video.found').readyState >= 2, null, { timeout: 15_000 })
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page is wider than the phone')
  await keep('picture')
  await page.fill('#name', 'Front door')
  await page.click('[value=add]')
  await page.waitForURL(/\/cameras\/\d+$/)
  const { cameras } = await (await fetch(`${base}/api/v1/cameras`)).json()
  assert.equal(cameras.length, 1)
  assert.match(cameras[0].url, /^rtsp:\/\/127\.0\.0\.1:\d+\/main$/)
  assert.match(cameras[0].sub_url, /\/sub$/)
  await close(page)
})

test('without script, too', async () => {
  const page = await open(browser, { javaScriptEnabled: false, viewport: { width: 390, height: 844 } })
  page.may = /status of 422/
  await story(page, async () => {})
  await page.fill('#name', 'Back door')
  await page.click('[value=add]')
  await page.waitForURL(/\/cameras\/\d+$/)
  await close(page)
})
