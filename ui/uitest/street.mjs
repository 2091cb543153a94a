// What neighbors do, told once for every browser: a street of two homes, a third
// that is let in, and one that finds its way from the beginning.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { base, close, shots, until } from './browser.mjs'

const next = (n) => Object.assign(new URL(base), { port: String(Number(new URL(base).port) + n) }).origin
export const [anna, ben, cleo, alone] = [base, next(1), next(2), process.env.STOOP_ALONE]

/** Closes a page on which something was refused, which browsers tell their console. */
export function refused(page) {
  page.may = /status of 422/
  return close(page)
}

/** The story from the first neighborhood to a post that is taken back; street(home) opens the street of a home. */
export function begins(street) {
  test('a home reads, writes its words on paper, and starts a neighborhood', async () => {
    const page = await street(alone)
    await page.getByRole('heading', { name: 'What is not' }).waitFor()
    await page.click('button[value=on]')
    await page.locator('.paper li:nth-child(24)').waitFor()
    const words = await page.locator('.paper li').allTextContents()
    assert.equal(words.length, 24)
    await page.click('button[value=wrote]')
    await page.locator('label[for=first]').waitFor()
    assert.equal(await page.locator('.paper').count(), 0, 'the words are still shown')
    for (const name of ['first', 'second']) {
      const n = Number((await page.textContent(`label[for=${name}]`)).match(/\d+/)[0])
      await page.fill(`#${name}`, words[n - 1])
    }
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'Start a neighborhood' }).click()
    await page.fill('#title', 'Garden Court')
    await page.fill('#own', 'The yellow door')
    await page.fill('#places', 'North end\nPlayground')
    await page.getByRole('button', { name: 'Start it' }).click()
    await page.getByRole('heading', { name: 'Garden Court' }).waitFor()
    await page.goto(`${alone}/street/join`)
    await page.fill('#invite', 'STOOP:AAAA')
    await page.click('button[value=look]')
    await page.getByText('A part of the invite is missing.').waitFor()
    assert.equal(await page.inputValue('#invite'), 'STOOP:AAAA')
    await refused(page)
  })

  test('an invite lets a home in, and what is said arrives while one looks', async () => {
    const host = await street(anna)
    await host.getByRole('link', { name: 'Neighbors' }).click()
    await host.getByRole('link', { name: 'Invite a neighbor' }).click()
    await host.getByRole('button', { name: 'Make an invite' }).click()
    await host.getByRole('img', { name: 'Invite as a square code' }).waitFor({ timeout: 40_000 })
    await host.screenshot({ path: `${shots}/street-code-1440-light.png` })
    const invite = await host.inputValue('#invite')
    assert.match(invite, /^STOOP:[A-Z2-7]+$/)

    const guest = await street(cleo)
    await guest.getByRole('link', { name: 'Join one' }).click()
    await guest.fill('#invite', `Hello Cleo! ${invite}`)
    await guest.click('button[value=look]')
    await guest.getByRole('heading', { name: 'Elm Street' }).waitFor()
    await guest.fill('#own', 'Cleo')
    await guest.click('button[value=join]')
    // Whether it waits for a moment or is in at once: it ends in the feed.
    await until(async () => /\/street\/[0-9a-f]{16}$/.test((await fetch(`${cleo}/street`)).url), () => 'Cleo was not let in', 60_000)
    await guest.goto(`${cleo}/street`)
    await guest.locator('article.post').first().waitFor({ timeout: 60_000 })

    const reader = await street(ben)
    await host.goto(`${anna}/street`)
    await guest.getByRole('link', { name: 'Write' }).click()
    await guest.fill('#happened', 'I saw a man')
    await guest.selectOption('#category', 'question')
    await guest.getByText('Describe a person').click()
    await guest.fill('#person', 'tall')
    await guest.keyboard.press('Tab')
    await guest.getByRole('button', { name: 'Send to all neighbors' }).click()
    await guest.getByText('What did you see happen?').waitFor()
    assert.equal(await guest.inputValue('#person'), 'tall')
    await guest.fill('#happened', 'Grey tabby on our step, blue collar. Yours?')
    await guest.fill('#person', '')
    await guest.selectOption('#category', 'lost_found')
    await guest.getByRole('button', { name: 'Send it as it is' }).click()
    for (const page of [guest, host, reader]) await page.getByText('Grey tabby on our step').waitFor()

    const post = (page) => page.locator('article.post', { hasText: 'Grey tabby' })
    await post(reader).getByRole('button', { name: 'Thanks' }).click()
    await post(reader).getByRole('button', { name: /Thanks\s*1/ }).waitFor() // who goes elsewhere before that may take it along
    await post(reader).getByRole('link', { name: 'Comment' }).click()
    await reader.fill('#comment', 'That is Momo! I am on my way.')
    await reader.getByRole('button', { name: 'Send to all neighbors' }).click()
    await post(guest).getByText('1 comment').waitFor()
    await post(guest).getByRole('button', { name: /Thanks\s*1/ }).waitFor()

    // What is typed stays while something arrives.
    await post(guest).getByRole('link', { name: '1 comment' }).click()
    await guest.fill('#comment', 'Thank you, ')
    await post(host).getByRole('link', { name: '1 comment' }).click()
    await host.getByText('As a steward: judge this').click()
    await host.selectOption('#label', 'off_topic')
    await host.fill('#reason', 'Cats have a page of their own.')
    await host.getByRole('button', { name: 'Give the label' }).click()
    await host.getByText('By the only steward').waitFor()
    const other = await street(cleo)
    await post(other).getByText('Cats have a page of their own.').waitFor()
    assert.equal(await guest.inputValue('#comment'), 'Thank you, ')
    await post(other).getByRole('link', { name: '1 comment' }).click()
    await other.locator('.appeal summary').click()
    await other.locator('.appeal textarea').fill('They do not.')
    await other.locator('.appeal button').click()
    await other.getByText('They do not.').waitFor()

    // A report goes to the steward, who is done with it.
    await reader.goto(`${ben}/street`)
    await post(reader).locator('.menu summary').click()
    await post(reader).getByRole('link', { name: 'Report to the stewards' }).click()
    await reader.selectOption('#reason', 'other')
    await reader.fill('#words', 'It is not Momo.')
    await reader.getByRole('button', { name: 'Send to the stewards' }).click()
    await reader.getByText('home has it.').waitFor()
    await host.goto(`${anna}/street`)
    await host.getByRole('link', { name: '1 report waits for you' }).click()
    await host.getByText('It is not Momo.').waitFor()
    await host.getByRole('button', { name: 'Done: delete these reports' }).click()
    await host.getByText('Nothing is reported.').waitFor()

    await reader.goto(`${ben}/street`)
    await post(reader).waitFor()
    await other.goto(`${cleo}/street`)
    await post(other).locator('.menu summary').click()
    await post(other).getByRole('button', { name: 'Take it back' }).click()
    await reader.getByText('Grey tabby on our step').waitFor({ state: 'detached', timeout: 20_000 })
    await reader.getByText('Taken back by who wrote it.').waitFor()
    for (const page of [host, guest, reader, other]) await close(page)
  })
}

/** How it ends: a home leaves. */
export function ends(street) {
  test('a home leaves, and is asked before', async () => {
    const page = await street(cleo)
    await page.getByRole('link', { name: 'Mine' }).click()
    await page.getByRole('link', { name: 'Leave the neighborhood' }).click()
    await page.getByRole('button', { name: 'Leave' }).click()
    await page.getByText('Tick the box').waitFor()
    await page.check('#sure')
    await page.getByRole('button', { name: 'Leave' }).click()
    await page.getByRole('link', { name: 'Join one' }).waitFor()
    const host = await street(anna)
    await host.getByRole('link', { name: 'Neighbors' }).click()
    await host.getByText('Left', { exact: true }).waitFor()
    await refused(page)
    await close(host)
  })
}
