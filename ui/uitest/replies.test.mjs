// A quick reply is recorded, heard, found where somebody rings, and removed. The
// microphone is the browser's own, which beeps.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { base, close, each, launch, open } from './browser.mjs'

let browser
before(async () => {
  browser = await launch({ args: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'] })
})
after(() => browser.close())

test('a quick reply is recorded and kept', async () => {
  const page = await open(browser, { permissions: ['microphone'] })
  await page.goto(`${base}/replies`)
  await page.click('[data-do=record]')
  await page.locator('[data-when=records]').waitFor()
  await page.waitForTimeout(4000) // of which the first second may be gone before it records
  await page.click('[data-do=stop]')
  await page.locator('[data-keep]').waitFor()
  const seconds = () => page.waitForFunction(() => document.querySelector('[data-heard]').duration || 0).then((h) => h.jsonValue())
  assert.ok((await seconds()) > 1, 'it can be heard before it is kept')
  await page.fill('#reply-name', 'Leave it at the door')
  await page.click('[data-keep] button')
  await page.locator('.reply').waitFor()
  const file = new DataView(await (await fetch(`${base}/api/v1/replies/1.wav`)).arrayBuffer())
  let loudest = 0
  for (let at = 44; at < file.byteLength; at += 2) loudest = Math.max(loudest, Math.abs(file.getInt16(at, true)))
  console.log(`kept: ${file.getUint32(24, true)} Hz, ${((file.byteLength - 44) / 32000).toFixed(2)} s, loudest ${loudest}`)
  assert.ok(file.byteLength > 32000 && loudest > 1000, 'the beeps are in it')
  // The same name once more is refused, in words.
  await page.click('[data-do=record]')
  await page.locator('[data-when=records]').waitFor()
  await page.waitForTimeout(500)
  await page.click('[data-do=stop]')
  await page.fill('#reply-name', 'leave it at the door')
  page.may = /409/
  await page.click('[data-keep] button')
  await page.locator('[data-problem]', { hasText: 'there is a quick reply' }).waitFor()
  await close(page)
})

test('it stands where somebody rings, without script, too', async () => {
  await fetch(`${base}/api/v1/cameras/1/ring`, { method: 'POST' })
  const page = await open(browser, { javaScriptEnabled: false })
  await page.goto(`${base}/cameras/1`)
  await page.locator('button[name=reply]', { hasText: 'Leave it at the door' }).waitFor()
  await close(page)
})

test('the page fits, and removes', async () => {
  await each(browser, async (page, shot) => {
    await page.goto(`${base}/replies`)
    await page.locator('[data-do=record]').waitFor()
    await shot('replies')
  })
  const page = await open(browser, { javaScriptEnabled: false })
  await page.goto(`${base}/replies`)
  await page.click('.reply button')
  await page.locator('text=There are none yet.').waitFor()
  await close(page)
})
