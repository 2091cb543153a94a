import { chromium } from 'playwright-core'
const base = process.argv[2] ?? 'http://127.0.0.1:7001'
const b = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox','--disable-gpu','--disable-quic','--autoplay-policy=no-user-gesture-required'] })
const page = await (await b.newContext({ viewport: { width: 1440, height: 900 } })).newPage()
page.on('console', m => console.log(m.type(), m.text()))
await page.goto(base + '/cameras/1'); await page.waitForTimeout(2500)
await page.focus('[data-strip]')
for (let i = 0; i < 14; i++) { await page.keyboard.press(i % 3 == 2 ? 'ArrowRight' : i%2 ? 'PageUp':'ArrowLeft'); await page.waitForTimeout(1500) }
console.log(await page.evaluate(() => JSON.stringify([performance.getEntriesByType('measure').map(m => Math.round(m.duration)), document.querySelector('[data-strip]').getAttribute('aria-valuetext')])))
const r = await page.evaluate(() => performance.getEntriesByType('resource').slice(-12).map(r => [r.name.slice(21, 120), Math.round(r.startTime), Math.round(r.duration)].join(' ')).join('\n'))
console.log(r, await page.evaluate(() => performance.getEntriesByName('stoop:seek').slice(-2).map(m => [m.entryType, Math.round(m.startTime), Math.round(m.duration)].join(' ')).join('\n')))
await b.close()
