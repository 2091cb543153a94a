// Every screen as it is, in one state, for TestScreens to compare with how it was
// when somebody looked at it last.
import assert from 'node:assert/strict'
import { mkdir, readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { base, close, fits, footage, launch, open, shots, small, until } from './browser.mjs'
import { still } from './still.mjs'

const tallest = 1600 // px of a screen that are looked at
const kinds = [[390, 'light'], [390, 'dark'], [820, 'light'], [1440, 'light'], [1440, 'dark'], [2560, 'light']]
const heights = { 390: 844, 820: 1180, 1440: 900, 2560: 1440 }
const { STOOP_ALONE: alone, STOOP_KEYED: keyed, STOOP_SCREENS: only } = process.env
const json = { 'Content-Type': 'application/json' }
const iso = (ms) => new Date(ms).toISOString()

let browser
let street
before(async () => {
  await mkdir(shots, { recursive: true })
  browser = await launch({ args: ['--font-render-hinting=none', '--disable-lcd-text', '--disable-font-subpixel-positioning', '--force-color-profile=srgb', '--hide-scrollbars'] })
  await Promise.all([footage(1, 20_000), footage(2, 20_000)])
  const text = async (path) => (await fetch(base + path)).text()
  street = new URL((await fetch(`${base}/street`)).url).pathname
  const has = (path, what, n = 1) => until(async () => (await text(path)).split(what).length > n, () => `${path} has less than ${n} of ${what}`, 150_000)
  await has('/events', 'class="moment"', 2)
  await has(`${street}/requests`, 'Fire brigade') // it asks of a minute that is over
  await has(street, '<article', 3)
})
after(() => browser?.close())

const axe = await readFile(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')

/** What axe finds nothing against. A tile says besides its name how it is, which comes and goes: it is called by its name alone. */
async function accessible(page, name) {
  await page.evaluate(axe)
  const found = await page.evaluate(async () => {
    const { violations } = await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'], rules: { 'label-content-name-mismatch': { enabled: false } } })
    return violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 120)} ${n.any[0]?.message ?? ''}`))
  })
  assert.deepEqual(found, [], name)
}

/** Looks at a screen of the program at home in every width and scheme. */
function screen(name, path, arrange = async () => {}, home = base) {
  test(name, { skip: only && !new RegExp(only).test(name) }, async () => {
    for (const [width, colorScheme] of kinds) {
      const page = await open(browser, { home, viewport: { width, height: heights[width] }, colorScheme, hasTouch: width < 900, reducedMotion: 'reduce', bypassCSP: true })
      page.may = /404/ // a picture that is not there yet
      await page.goto(home + (typeof path === 'function' ? await path() : path))
      await page.locator('h1').first().waitFor()
      if (await page.locator('[data-part=foot]').count()) await page.waitForFunction(() => document.querySelector('[data-part=foot]').textContent)
      await arrange(page)
      await fits(page, name)
      if (width < 900) assert.deepEqual(await page.evaluate(small), [], `${name} at ${width} has controls that are too small for a thumb`)
      if (width === 390 && colorScheme === 'light') await accessible(page, name)
      await still(page)
      const height = await page.evaluate((most) => Math.min(Math.max(document.documentElement.scrollHeight, innerHeight), most), tallest)
      await page.screenshot({ path: `${shots}/${name}-${width}-${colorScheme}.png`, fullPage: true, clip: { x: 0, y: 0, width, height } })
      await close(page)
    }
  })
}

const recording = (page) => page.locator('[data-part=state]', { hasText: 'Recording' }).waitFor()
const plays = async (page) => {
  await recording(page)
  await page.waitForFunction(() => document.querySelector('[data-do=live]').getAttribute('aria-pressed') === 'true')
}
const past = async (page) => {
  await recording(page)
  await page.waitForFunction(() => performance.getEntriesByName('stoop:seek', 'measure').length > 0)
}
const span = async (least, make) => {
  const { to } = await footage(1, least)
  return make(to - 15_000, to - 5_000)
}

screen('home', '/')
screen('modes', '/', (page) => page.locator('.modes summary').click())
screen('wall', '/wall')
screen('camera', '/cameras/1', plays)
screen('menu', '/cameras/1', async (page) => {
  await plays(page)
  await page.locator('.menu > summary').click()
})
screen('past', () => span(20_000, (from) => `/cameras/1?at=${iso(from)}&zoom=1h`), past)
screen('clip', () => span(20_000, (from, to) => `/cameras/1?from=${iso(from)}&to=${iso(to)}`), recording)
screen('events', '/events')
screen('selected', '/events', (page) => page.locator('.selects input').first().click())
screen('chosen', async () => {
  const clip = (await (await fetch(`${base}/events`)).text()).match(/name="clip" value="([^"]+)"/)[1]
  return `/events/chosen?clip=${encodeURIComponent(clip.replaceAll('&amp;', '&'))}`
})
screen('recording', '/cameras/1/recording')
screen('motion', '/cameras/1/motion')
screen('bell', '/cameras/1/bell')
screen('edit', '/cameras/1/edit')
screen('remove', '/cameras/1/remove')
screen('add', '/cameras/new')
screen('by-hand', '/cameras/new', (page) => page.locator('details:has([data-add]) > summary').click())
screen('settings', '/settings', (page) => page.locator('.settings summary').first().click())
// What it foretells is there once enough was recorded.
screen('storage', '/storage', (page) => page.evaluate(() => document.querySelectorAll('.head .quiet, .stored .of + p').forEach((p) => p.remove())))
screen('notifications', '/settings/notifications')
screen('alerts', '/settings/alerts')
screen('audit', '/settings/audit')
screen('replies', '/replies')
for (const [name, path] of [['feed', ''], ['write', '/new'], ['members', '/members'], ['requests', '/requests'], ['stewards', '/stewards'], ['mine', '/mine'], ['agencies', '/agencies'], ['coverage', '/coverage'], ['leave', '/leave']]) {
  screen(name, () => street + path)
}
screen('asked', async () => (await (await fetch(base + street + '/requests')).text()).match(/href="([^"]*\/requests\/[0-9a-f]+)"/)[1])
screen('share', () => span(20_000, (from, to) => `/cameras/1/share?from=${iso(from)}&to=${iso(to)}`))
screen('lost', '/nowhere')
screen('empty', '/', undefined, alone)
screen('begin', '/street', undefined, alone)
screen('login', '/login', undefined, keyed)
screen('trust', '/trust', undefined, keyed)
// At last: from now on somebody rang.
screen('ringing', async () => {
  await new Promise((done) => setTimeout(done, 3100)) // else it is the same ring
  await fetch(`${base}/api/v1/cameras/1/ring`, { method: 'POST', headers: json, body: '{}' })
  return '/'
}, (page) => page.locator('[data-ringing] video').waitFor())
