// An owner says what is told and when; what happens is told or kept back as that says,
// and the page says why.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { base, close, each, launch, open, until } from './browser.mjs'

const address = `${base}/settings/alerts`
let browser
before(async () => (browser = await launch()))
after(() => browser.close())

const json = { 'Content-Type': 'application/json' }
const rules = async () => (await fetch(`${base}/api/v1/alerts`)).json()
const pressed = () => fetch(`${base}/api/v1/cameras/1/ring`, { method: 'POST' }).then((r) => r.json())

/** Presses, and waits until something was decided about that. What is pressed within 3 s of another is the same. */
let at
async function decided() {
  const before = at
  await until(async () => ({ at } = await pressed()).at !== before, () => 'a press is none of its own')
  let newest
  await until(async () => (newest = (await rules()).recent.find((i) => i.kind === 'ring')) && Date.parse(newest.at) >= Date.parse(at), () => `nothing is decided about the press of ${at}: ${JSON.stringify(newest)}`)
  await fetch(`${base}/api/v1/cameras/1/ring/answer`, { method: 'POST', headers: json, body: JSON.stringify({ at, who: 'Anna' }) })
  return newest
}

/** A reading of the home's clock, so many minutes from now. */
const clock = (minutes) => {
  const at = new Date(Date.now() + minutes * 60_000)
  return `${String(at.getUTCHours()).padStart(2, '0')}:${String(at.getUTCMinutes()).padStart(2, '0')}`
}

for (const [how, options] of [['with script', { timezoneId: 'UTC' }], ['without script', { timezoneId: 'UTC', javaScriptEnabled: false }]]) {
  test(`quiet hours and a schedule are set ${how}, hold, and the page says why`, async () => {
    for (const [path, body] of [['alerts', { quiet_from: '', quiet_to: '', quiet_rings: false, asked: [] }], ['home', { time_zone: 'UTC', schedule: '', mode: '' }]]) {
      const res = await fetch(`${base}/api/v1/${path}`, { method: 'PATCH', headers: json, body: JSON.stringify(body) })
      assert.equal(res.status, 200, await res.text())
    }
    const [early, from, to, late] = [-120, -60, 60, 120].map(clock)
    const page = await open(browser, options)
    await page.goto(`${base}/settings/notifications`)
    await page.click('a[href="/settings/alerts"]')
    await page.waitForURL(/alerts$/)
    assert.match(await page.textContent('.visit'), /Nobody is told yet/)
    await page.locator('.asks').first().locator('summary').click()
    await page.getByRole('group', { name: 'People' }).first().getByLabel('Away').check()
    await page.fill('#from', from)
    await page.check('#quiet_rings')
    await page.click('[value=add]')
    await page.locator('.slot').waitFor()
    assert.equal(await page.inputValue('#from'), from, 'what was typed is gone')
    for (const day of ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']) await page.locator('.slot').getByLabel(day, { exact: true }).check()
    await page.fill('#from-0', early)
    await page.fill('#to-0', late)
    await page.selectOption('#mode-0', 'night')
    // A mistake is said beside it, and nothing is lost.
    await page.click('.acts [value=save]')
    await page.locator('.alarm').waitFor()
    assert.match(await page.textContent('.sheet'), /Give both times, or none/)
    assert.equal(await page.inputValue('#from-0'), early)
    await page.fill('#to', to)
    await page.press('#to', 'Enter') // which saves, and does not remove a row
    await page.waitForURL(/saved=1$/)
    assert.match(await page.textContent('[data-part=standing]'), /set to: Night\. Next: Home/)
    const set = await rules()
    assert.deepEqual(set.asked, [{ camera: 1, kind: 'person', modes: ['away'] }])
    assert.equal(set.quiet_rings, true)
    assert.equal((await (await fetch(`${base}/api/v1/home`)).json()).mode, 'night')

    let wrong
    await until(async () => !(wrong = await decided()).told, () => `a ring is told in quiet hours: ${JSON.stringify(wrong)}`)
    await page.goto(`${address}#lately`)
    const line = page.locator('#lately .row', { hasText: 'Rings · ' }).first()
    assert.match(await line.textContent(), /Rings · .*These are quiet hours\..*Kept back/s)
    await line.click()
    await page.waitForURL(/#from$/)

    await page.uncheck('#quiet_rings')
    await page.click('.acts [value=save]')
    await page.waitForURL(/saved=1/)
    await until(async () => (wrong = await decided()).told, () => `a ring is kept back: ${JSON.stringify(wrong)}`)
    await page.goto(address)
    assert.match(await page.locator('#lately .row', { hasText: 'Rings · ' }).first().textContent(), /Rings are always told\..*Told/s)
    await page.click('[value=remove-0]')
    await page.locator('.slot').waitFor({ state: 'detached' })
    await page.click('.acts [value=save]')
    await page.waitForURL(/saved=1$/)
    assert.match(await page.textContent('[data-part=standing]'), /Nothing changes by itself/)
    page.may = /422/ // how a mistake is answered
    await close(page)
  })
}

test('what is decided shows while one looks', async () => {
  const page = await open(browser)
  await page.goto(address)
  await page.waitForFunction(() => document.querySelector('[data-part=foot]')?.textContent)
  const rows = page.locator('#lately .row')
  const told = await rows.count()
  // A page that does not hear of rings yet misses the first.
  await until(async () => (await decided(), await rows.count()) > told, () => 'the page shows nothing new')
  // A line that is being pressed stays until it is let go.
  await rows.first().hover()
  await page.mouse.down()
  const was = await rows.count()
  const heard = page.waitForResponse((r) => r.url().startsWith(address))
  await decided()
  await heard
  await page.waitForTimeout(300) // until it is swapped in, if it is
  assert.equal(await rows.count(), was)
  await page.mouse.up()
  await page.waitForURL(/#/)
  await until(async () => (await rows.count()) > was, () => 'what came while a line was pressed is lost')
  await close(page)
})

test('every width and scheme has room for it', async () => {
  await each(browser, async (page, shot) => {
    await page.goto(address)
    await page.locator('.asks').first().locator('summary').click()
    await page.click('[value=add]')
    await page.locator('.slot').last().waitFor()
    const small = await page.evaluate(() =>
      [...document.querySelectorAll('.page :is(a, button, summary, input:not([type=hidden]), select)')]
        .filter((e) => e.checkVisibility() && !e.closest('.about'))
        .map((e) => [e, e.getBoundingClientRect()])
        .filter(([, r]) => r.height < 43.5)
        .map(([e, r]) => `${e.outerHTML.slice(0, 80)} ${r.height}`))
    assert.deepEqual(small, [], 'too small for a thumb')
    await shot('alerts')
    await page.locator('#from').scrollIntoViewIfNeeded()
    await page.locator('#per_hour').scrollIntoViewIfNeeded()
    await shot('alerts-limits')
    await page.locator('.slot').last().scrollIntoViewIfNeeded()
    await shot('alerts-week')
    await page.locator('#lately').scrollIntoViewIfNeeded()
    await shot('alerts-lately')
    await page.goto(`${base}/settings/notifications`)
    await shot('alerts-link')
  })
})
