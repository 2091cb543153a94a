// The story of neighbors in Chromium, and what is only looked at here: pages
// without script, and how they look.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { each, launch, open } from './browser.mjs'
import { alone, anna, begins, ben, cleo, ends, refused } from './street.mjs'

let browser
before(async () => (browser = await launch()))
after(() => browser.close())

/** Opens the street of a home. */
async function street(home, options) {
  const page = await open(browser, { home, ...options })
  await page.goto(`${home}/street`)
  return page
}

begins(street)

test('reads and talks without script, by keyboard', async () => {
  const page = await street(cleo, { javaScriptEnabled: false })
  const link = page.locator('article.post', { hasText: 'bus stop' }).getByRole('link', { name: 'omment' })
  await link.focus()
  await page.keyboard.press('Enter')
  await page.focus('#comment')
  await page.keyboard.type('I will put salt on them.')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.locator('.comment', { hasText: 'I will put salt on them.' }).waitFor()
  await page.focus('[aria-label="Back to what is new"]')
  await page.keyboard.press('Enter')
  await page.getByRole('link', { name: 'Write' }).click()
  await page.fill('#happened', 'The bus stop has moved to the corner.')
  await page.focus('#happened')
  await page.getByRole('button', { name: 'Send to all neighbors' }).click()
  await page.getByText('Choose what it is about.').waitFor()
  assert.equal(await page.inputValue('#happened'), 'The bus stop has moved to the corner.')
  await refused(page)
})

test('looks right, and nothing sticks out', async () => {
  await each(browser, async (page, shot) => {
    await page.goto(`${anna}/street`)
    const home = page.url()
    for (const path of ['', '/new', '/members', '/invite', '/stewards', '/mine', '/leave']) {
      await page.goto(home + path)
      await page.locator('h1').waitFor()
      await shot(`street${path.replace('/', '-')}`)
    }
  })
  await each(browser, async (page, shot) => {
    await page.goto(`${alone}/street/found`)
    await page.locator('h1').waitFor()
    await shot('street-found')
  }, ['light', 'dark'], alone)
  await each(browser, async (page, shot) => {
    await page.goto(`${ben}/street`)
    await page.locator('article.post', { hasText: 'bus stop' }).getByRole('link', { name: 'omment' }).click()
    await page.locator('.comment', { hasText: 'salt' }).getByRole('link', { name: 'Report' }).click()
    await page.getByRole('button', { name: 'Send to the stewards' }).waitFor()
    await shot('street-report')
  }, ['light', 'dark'], ben)
})

ends(street)
