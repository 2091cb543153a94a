// What is recorded is said on a page, holds at once, and is shown.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { base, close, each, footage, launch, moves, open, until } from './browser.mjs'

let browser
let door
before(async () => {
  browser = await launch()
  const { cameras } = await (await fetch(`${base}/api/v1/cameras`)).json()
  door = cameras[0].id
  await Promise.all(cameras.map((c) => footage(c.id, 4000)))
})
after(() => browser.close())

async function patch(address, change) {
  const res = await fetch(base + address, { method: 'PATCH', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(change) })
  assert.equal(res.status, 200, await res.text())
}

const set = async () => (await fetch(`${base}/api/v1/cameras/${door}/recording`)).json()

async function reason(want) {
  await until(async () => {
    const now = Date.now()
    const query = new URLSearchParams({ from: new Date(now - 600_000).toISOString(), to: new Date(now).toISOString() })
    const { gaps } = await (await fetch(`${base}/api/v1/cameras/${door}/timeline?${query}`)).json()
    return gaps.some((g) => g.reason === want && !g.to && g.planned)
  }, () => `there is no ${want} gap that goes on`)
}

/** Fills the last row of the schedule. */
async function row(page, days, from, to, mode) {
  const last = page.locator('.slot').last()
  for (const day of days) await last.getByLabel(day, { exact: true }).check()
  await last.getByLabel('From').fill(from)
  await last.getByLabel('To', { exact: true }).fill(to)
  await last.getByLabel('Record').selectOption(mode)
}

for (const [how, options] of [['with script', { timezoneId: 'America/St_Johns' }], ['without script', { javaScriptEnabled: false }]]) {
  test(`events and a schedule are set ${how}, and hold`, async () => {
    await patch('/api/v1/home', { time_zone: '' })
    await patch(`/api/v1/cameras/${door}/recording`, { mode: 'continuous', schedule: 'Wed 01:00-02:00 privacy' })
    const page = await open(browser, options)
    await page.goto(`${base}/cameras/${door}`)
    await page.click('.menu summary')
    await page.click('.menu a[href$="/recording"]')
    await page.waitForURL(/recording$/)
    await page.getByLabel('Only events').check()
    await page.fill('#before', '2')
    await page.click('[value=add]')
    await page.locator('.slot').nth(1).waitFor()
    assert.equal(await page.inputValue('#before'), '2', 'what was typed is gone')
    await page.click('[value=remove-0]')
    await page.locator('.slot').nth(1).waitFor({ state: 'detached' })
    await row(page, ['Mon', 'Sun'], '22:00', '00:00', 'off')
    if (options.javaScriptEnabled === false) await page.fill('#time_zone', 'Europe/Vienna')
    else await page.waitForFunction(() => document.querySelector('#time_zone').value === 'America/St_Johns') // the machine's is another
    // A mistake is said beside it, and nothing is lost.
    await page.fill('#after', '9999')
    await page.click('.acts [value=save]')
    await page.locator('.alarm').waitFor()
    assert.match(await page.textContent('#after-note'), /0 to 600/)
    await page.fill('#after', '4')
    await page.press('#after', 'Enter') // which saves, and does not remove a row
    await page.waitForURL(/saved=1$/)
    assert.match(await page.textContent('[data-part=now]'), /Saved/)
    assert.deepEqual(await set(), { mode: 'events', before_s: 2, after_s: 4, streams: 'both', schedule: 'Mon,Sun 22:00-24:00 off' })
    const home = await (await fetch(`${base}/api/v1/home`)).json()
    assert.equal(home.time_zone, options.timezoneId ?? 'Europe/Vienna')
    await page.reload()
    assert.equal(await page.isChecked('#mode-events'), true)
    assert.equal(await page.isChecked('#day-0-1'), true)
    assert.equal(await page.inputValue('#to-0'), '00:00')
    page.may = /422/ // how a mistake is answered
    await close(page)
  })
}

test('every width and scheme has room for it', async () => {
  await each(browser, async (page, shot) => {
    await page.goto(`${base}/cameras/${door}/recording`)
    await page.click('[value=add]')
    await page.locator('.slot').nth(1).waitFor()
    const small = await page.evaluate(() =>
      [...document.querySelectorAll('.sheet :is(a, button, input:not([type=hidden]), select)')]
        .filter((e) => e.checkVisibility())
        .map((e) => [e, e.getBoundingClientRect()])
        .filter(([, r]) => r.height < 43.5)
        .map(([e, r]) => `${e.outerHTML.slice(0, 80)} ${r.height}`))
    assert.deepEqual(small, [], 'too small for a thumb')
    await shot('recording')
    await page.locator('.slot').last().scrollIntoViewIfNeeded()
    await shot('recording-schedule')
  })
})

test('nothing is recorded while nothing is to be, and the timeline is calm about it', async () => {
  await patch(`/api/v1/cameras/${door}/recording`, { mode: 'off', schedule: '' })
  await reason('recording_off')
  await each(browser, async (page, shot) => {
    await page.goto(`${base}/cameras/${door}?zoom=1h`)
    await moves(page, '[data-video]') // it can be watched all the same
    assert.match(await page.textContent('[data-part=state]'), /Not recording/)
    assert.match(await page.textContent('[data-part=day]'), /Left out as you asked for/)
    for (let i = 0; i < 12; i++) await page.locator('[data-strip]').press('+')
    await page.waitForTimeout(500)
    await page.locator('[data-line]').scrollIntoViewIfNeeded()
    await shot('recording-off')
  })
})

test('one button turns all cameras off, and on again, while somebody watches', async () => {
  await patch(`/api/v1/cameras/${door}/recording`, { mode: 'continuous' })
  const watching = await open(browser)
  await watching.goto(`${base}/cameras/${door}`)
  await moves(watching, '[data-video]')
  const page = await open(browser)
  await page.goto(base)
  await page.click('.modes summary')
  await page.click('[name=off][value="2h"]')
  await page.getByText(/All cameras are off until (\w+ )?\d+:\d\d\s[AP]M/).waitFor()
  await reason('paused_by_user')
  await watching.waitForFunction(() => /off for privacy/.test(document.querySelector('[data-notice]').textContent))
  await page.waitForFunction(() => document.querySelectorAll('[data-tile] .rest').length === document.querySelectorAll('[data-tile]').length)
  const live = await fetch(`${base}/api/v1/cameras/${door}/live.mp4`)
  assert.equal(live.status, 404)
  await each(browser, async (shown, shot) => {
    await shown.goto(base)
    await shown.waitForTimeout(1000)
    await shot('private')
    await shown.click('.modes summary')
    await shown.getByText('Until I turn them on').waitFor()
    await shot('private-for')
    await shown.goto(`${base}/cameras/${door}?zoom=1h`)
    await shown.waitForTimeout(1000)
    await shot('private-camera')
  })
  await page.getByText('Turn on now').click()
  await page.locator('[name=mode][value=home][aria-pressed=true]').waitFor()
  await moves(watching, '[data-video]')
  for (const p of [page, watching]) {
    p.may = /live\.mp4/ // it ended, as it should
    await close(p)
  }
})
