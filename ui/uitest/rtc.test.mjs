// Live pictures by WebRTC: at once, by fMP4 where that is needed, and the page
// says by which way.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { base, close, footage, launch, moves, open } from './browser.mjs'

const urls = JSON.parse(process.env.STOOP_CAMERAS)
let browser
let door
before(async () => {
  browser = await launch()
  const body = JSON.stringify({ name: 'Side door', url: `${urls.visitor}/main`, sub_url: `${urls.visitor}/sub` })
  const res = await fetch(`${base}/api/v1/cameras`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })
  assert.equal(res.status, 201, await res.clone().text())
  door = (await res.json()).id
  await footage(door, 6000)
})
after(() => browser.close())

const way = (page, words) =>
  page.waitForFunction((want) => !document.querySelector('[data-way]').hidden && document.querySelector('[data-way]').textContent.startsWith(want), words, { timeout: 15_000 })

test('the picture comes by WebRTC, and what was recorded takes its place', async () => {
  const page = await open(browser, { rtc: true })
  await page.goto(`${base}/cameras/${door}`)
  await way(page, 'Live by WebRTC')
  await moves(page, '[data-video]')
  assert.ok(await page.evaluate(() => document.querySelector('[data-video]').srcObject !== null))
  await page.waitForFunction(() => document.querySelector('[data-do=live]').getAttribute('aria-pressed') === 'true', null, { timeout: 10_000 })
  await page.keyboard.press('Escape')
  await page.evaluate(() => document.querySelector('[data-do=play]').click()) // a paused picture is of the past
  await page.waitForFunction(() => document.querySelector('[data-way]').hidden, null, { timeout: 10_000 })
  await page.evaluate(() => document.querySelector('[data-do=live]').click())
  await way(page, 'Live by WebRTC')
  await close(page)
})

test('where UDP does not get through, it comes by fMP4, and the page says why', async () => {
  const page = await open(browser, { rtc: true })
  await page.addInitScript(() => {
    const set = RTCPeerConnection.prototype.setRemoteDescription
    RTCPeerConnection.prototype.setRemoteDescription = function (d) {
      return set.call(this, { ...d, sdp: d.sdp.replace(/a=candidate:.*\r\n/g, '') })
    }
  })
  await page.goto(`${base}/cameras/${door}`)
  await way(page, 'Live by fMP4, because UDP')
  await moves(page, '[data-video]')
  await close(page)
})
