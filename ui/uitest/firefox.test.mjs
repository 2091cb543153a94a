import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { base, footage, moves } from './browser.mjs'
import { launch } from './firefox.mjs'

let browser
before(async () => (browser = await launch()))
after(() => browser.close())

async function open(path) {
  const page = await browser.newPage()
  page.faults = []
  page.on('console', (m) => ['error'].includes(m.type()) && page.faults.push(m.text()))
  page.on('pageerror', (e) => page.faults.push(e.stack ?? e.message))
  await page.setViewport({ width: 1280, height: 900 })
  await page.goto(base + path)
  return page
}

test('firefox plays live pictures', async () => {
  const page = await open('/cameras/1')
  await moves(page, '[data-video]')
  assert.deepEqual(page.faults, [])
  await page.close()
})

test('firefox shows the moment that an address names', async () => {
  const { from, to } = await footage(1, 10_000)
  const at = from + (to - from) / 2
  const page = await open(`/cameras/1?at=${new Date(at).toISOString()}`)
  await page.waitForFunction(() => performance.getEntriesByName('stoop:seek', 'measure').length > 0, { timeout: 20_000 })
  await moves(page, '[data-video]')
  const off = (await page.evaluate(() => Date.parse(document.querySelector('[data-stamp]').dateTime))) - at
  assert.ok(off > -1500 && off < 8000, `it shows ${off} ms beside what was asked for`)
  assert.deepEqual(page.faults, [])
  await page.close()
})

test('firefox plays home', async () => {
  const page = await open('/')
  await moves(page, '[data-tile] video')
  assert.deepEqual(page.faults, [])
  await page.close()
})
