// Clocks and dates are written as the page's locale says, whatever the browser's is.
import assert from 'node:assert/strict'
import test from 'node:test'
import { build } from 'esbuild'

process.env.TZ = 'Europe/Vienna'
const { outputFiles } = await build({ entryPoints: [new URL('src/time.ts', import.meta.url).pathname], bundle: true, format: 'esm', write: false })

/** The module, as it is on a page of a locale. */
async function on(locale) {
  globalThis.document = { documentElement: { dataset: { locale } } }
  return import(`data:text/javascript,${encodeURIComponent(`${outputFiles[0].text}\n// ${locale}`)}`)
}

// The locales of ui/text.
const forms = {
  'en-GB-u-hc-h23': { clock: '14:07', seconds: '14:07:33', date: 'Saturday 28 November', moment: /^Sat,? 28 Nov,? 14:07:33$/ },
  'en-US-u-hc-h12': { clock: '2:07 PM', seconds: '2:07:33 PM', date: 'Saturday, November 28', moment: /^Sat, Nov 28,? 2:07:33 PM$/ },
  'en-AU-u-hc-h12': { clock: '2:07 PM', seconds: '2:07:33 PM', date: /^Saturday,? 28 November$/, moment: /^Sat,? 28 Nov,? 2:07:33 PM$/ },
  'de-u-hc-h23': { clock: '14:07', seconds: '14:07:33', date: 'Samstag, 28. November', moment: /^Sa\., 28\. Nov\.,? 14:07:33$/ },
  'de-AT-u-hc-h23': { clock: '14:07', seconds: '14:07:33', date: 'Samstag, 28. November', moment: /^Sa\., 28\. Nov\.,? 14:07:33$/ },
}
const afternoon = Date.UTC(2026, 10, 28, 13, 7, 33)
const plain = (s) => s.replaceAll('\u00a0', ' ')

for (const [locale, want] of Object.entries(forms)) {
  test(`a page of ${locale}`, async () => {
    const { show, localise, recent } = await on(locale)
    for (const [as, said] of Object.entries(want)) {
      const got = plain(show(afternoon, as))
      if (said instanceof RegExp) assert.match(got, said)
      else assert.equal(got, said)
    }
    const twelve = locale.endsWith('h12')
    assert.equal(plain(show(Date.UTC(2026, 10, 27, 23), 'clock')), twelve ? '12:00 AM' : '00:00')
    assert.equal(plain(show(Date.UTC(2026, 10, 28, 11), 'seconds')), twelve ? '12:00:00 PM' : '12:00:00')
    assert.equal(plain(show(Date.UTC(2026, 10, 28, 8, 5), 'clock')), twelve ? '9:05 AM' : '09:05')
    if (twelve) assert.match(show(afternoon, 'clock'), /7\u00a0PM$/) // never at the beginning of a line

    const times = ['clock', 'recent', 'soon'].map((form) => ({ dateTime: new Date(afternoon).toISOString(), dataset: { form } }))
    localise({ querySelectorAll: () => times })
    for (const t of times) assert.equal(/[AP]M$/.test(t.textContent), twelve, t.textContent)
    assert.equal(/[AP]M$/.test(recent(Date.now())), twelve)

    const span = (...ends) => {
      const [from, to] = ends.map((at) => ({ dateTime: new Date(at).toISOString(), dataset: { form: 'clock' } }))
      localise({ querySelectorAll: () => [Object.assign(from, { dataset: { form: 'begin' }, nextElementSibling: to }), to] })
      return plain(`${from.textContent}–${to.textContent}`)
    }
    const noon = Date.UTC(2026, 10, 28, 11)
    assert.equal(span(noon, noon + 420_000), twelve ? '12:00–12:07 PM' : '12:00–12:07')
    assert.equal(span(noon - 420_000, noon), twelve ? '11:53 AM–12:00 PM' : '11:53–12:00')
  })
}

test('what machines read has one form', async () => {
  for (const locale of Object.keys(forms)) {
    const { toLocal, fromLocal, iso, zone } = await on(locale)
    assert.equal(toLocal(afternoon), '2026-11-28T14:07:33')
    assert.equal(fromLocal('2026-11-28T14:07:33'), afternoon)
    assert.equal(iso(afternoon), '2026-11-28T13:07:33Z')
    assert.equal(zone(afternoon), 'UTC+01:00')
  }
})
