// Firefox, driven by Puppeteer, for stories that are written in the words of
// Playwright, which does not drive a Firefox that it has not built: the few of
// its words that stories of two browsers are told in.
import puppeteer from 'puppeteer-core'
import { tellViolations, watch } from './browser.mjs'

export const launch = () =>
  puppeteer.launch({
    browser: 'firefox',
    executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
    headless: true,
    // A microphone that beeps, and nobody is asked whether it may be heard.
    extraPrefsFirefox: { 'media.autoplay.default': 0, 'media.navigator.streams.fake': true, 'media.navigator.permission.disabled': true },
  })

/** Opens a page of the program at home, watched, in a window of its own: pages behind others do not draw. */
export async function open(browser, { home }) {
  const context = await browser.createBrowserContext()
  const page = await context.newPage({ type: 'window' })
  await page.setViewport({ width: 1440, height: 900 })
  watch(page, home)
  await page.evaluateOnNewDocument(tellViolations)
  return new Page(page, context)
}

/** What elements match a role, as pages of the program write it. */
const roles = { button: 'button', heading: 'h1, h2, h3', img: 'img, [role=img]', link: 'a[href]' }

/** In the page: what is visible and found by steps, each within what the one before found. */
function find(steps) {
  const plain = (text) => (text ?? '').replace(/\s+/g, ' ').trim()
  const says = (text, { source, flags }) => new RegExp(source, flags).test(plain(text))
  const name = (e) => e.ariaLabel ?? e.alt ?? e.textContent
  let found = [document]
  for (const { css, named, has, text } of steps) {
    found = found.flatMap((e) => [...e.querySelectorAll(css)])
    if (named) found = found.filter((e) => says(name(e), named))
    if (has) found = found.filter((e) => says(e.textContent, has))
    if (text) found = found.filter((e) => says(e.textContent, text) && ![...e.children].some((c) => says(c.textContent, text)))
  }
  return found.filter((e) => e.checkVisibility({ visibilityProperty: true }))
}

/** In the page: whether what is found first can be used, and stands where it stood one picture ago. */
async function rests(find, steps) {
  const where = () => {
    const e = find(steps)[0]
    const { x, y, width, height } = e?.getBoundingClientRect() ?? {}
    return e && !e.disabled && [x, y, width, height].join()
  }
  const before = where()
  await new Promise(requestAnimationFrame)
  return Boolean(before) && before === where()
}

/** What is looked for, as a pattern that can be sent to the page: a text is part of what is said, in any case. */
function pattern(want, exact) {
  if (want === undefined || want instanceof RegExp) return want && { source: want.source, flags: want.flags }
  const literal = want.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return exact ? { source: `^${literal}$`, flags: '' } : { source: literal, flags: 'i' }
}

class Within {
  constructor(page, steps) {
    Object.assign(this, { page, steps })
  }

  locator = (css, { hasText } = {}) => this.#then({ css, has: pattern(hasText) })
  getByRole = (role, { name }) => this.#then({ css: roles[role], named: pattern(name) })
  getByText = (text, { exact } = {}) => this.#then({ css: 'body, body *', text: pattern(text, exact) })

  #then(step) {
    return new Place(this.page, [...this.steps, step])
  }
}

/** Somewhere on a page; it is looked for anew by all that is done with it. */
class Place extends Within {
  first = () => this
  click = async () => (await this.#there()).click()
  fill = async (text) => (await this.#there()).fill(text)
  textContent = async () => (await this.#there()).map((e) => e.textContent).wait()
  inputValue = async () => (await this.#there()).map((e) => ({ value: e.value })).wait().then(({ value }) => value)
  count = () => this.page.evaluate(this.#found('.length'))
  allTextContents = () => this.page.evaluate(this.#found('.map((e) => e.textContent)'))

  /** Waits until it is visible, or no longer there to be seen. */
  waitFor = ({ state = 'visible', timeout = 30_000 } = {}) =>
    this.page.waitForFunction(this.#found(state === 'visible' ? '.length > 0' : '.length === 0'), { timeout }).catch((e) => {
      throw new Error(`${JSON.stringify(this.steps)} is not ${state}`, { cause: e })
    })

  /**
   * Waits until it is there, rests and is not disabled. Puppeteer would wait
   * for the element that it found first, for ever where the page put another
   * in its place: here it is looked for anew.
   */
  async #there() {
    await this.page.waitForFunction(`(${rests})(${find}, ${JSON.stringify(this.steps)})`).catch((e) => {
      throw new Error(`${JSON.stringify(this.steps)} is not there at rest`, { cause: e })
    })
    const there = this.page.locator(new Function(`return ${this.#found('[0]')}`))
    return there.setEnsureElementIsInTheViewport(false).setWaitForStableBoundingBox(false).setWaitForEnabled(false)
  }
  #found = (then) => `(${find})(${JSON.stringify(this.steps)})${then}`
}

class Page extends Within {
  constructor(page, context) {
    super(page, [])
    this.context = () => context
  }

  get faults() {
    return this.page.faults
  }

  get mouse() {
    return this.page.mouse
  }

  get keyboard() {
    return this.page.keyboard
  }

  /** Goes there, also from a page that goes elsewhere by itself just then: where a form has led. */
  goto = (address) =>
    this.page.goto(address).catch((e) => {
      if (!/navigation interrupted/.test(e.message)) throw e
      return this.page.goto(address)
    })

  evaluate = (look, ...given) => this.page.evaluate(look, ...given)
  waitForFunction = (look, given, { timeout = 30_000 } = {}) => this.page.waitForFunction(look, { timeout }, given)
  screenshot = ({ path }) => this.page.screenshot({ path: path.replace(/[^/]+$/, 'firefox-$&') })
  click = (css) => this.locator(css).click()
  check = (css) => this.locator(css).click()
  fill = (css, text) => this.locator(css).fill(text)
  selectOption = (css, value) => this.locator(css).fill(value)
  inputValue = (css) => this.locator(css).inputValue()
  textContent = (css) => this.locator(css).textContent()
}
