// The story of neighbors in Firefox. Left out: pages without script and pages in
// the dark, which its driver cannot ask of Firefox, and so how they look.
import { after, before } from 'node:test'
import { launch, open } from './firefox.mjs'
import { begins, ends } from './street.mjs'

let browser
before(async () => (browser = await launch()))
after(() => browser.close())

/** Opens the street of a home. */
async function street(home) {
  const page = await open(browser, { home })
  await page.goto(`${home}/street`)
  return page
}

begins(street)
ends(street)
