// The one place where a page is made to look the same each time it is opened:
// what is live, what time it is, and how much there is of anything.
const css = `
  *, ::before, ::after { animation: none !important; transition: none !important; caret-color: transparent !important; font-family: "DejaVu Sans" !important; scrollbar-width: none !important }
  video, canvas, img { object-position: -9999px !important }
  .film, video, canvas, img { background: #8a8a8a !important }
  video:not([hidden]) { opacity: 1 !important; visibility: visible !important; filter: none !important }
  video::-webkit-media-controls, .film .blank, noscript { display: none !important }
  [data-controls] > *, [data-tag] { opacity: 1 !important }
`

/** What a number is the whole point of is left out, and of what grows only the beginning stays. */
const varies = {
  gone: '[data-notice], [data-said], .disk rect, .stored li p.small:not(.legend), .moment .lack, .moments .parts, .gaps, [data-grip], .strip-of > :not(canvas), [data-length], [data-taken], [data-tip], .moments + .btn',
  // All but so many of them.
  first: [['.moments', 'li', 1], ['[data-part=hours]', 'details.hour', 1]],
  // Stand in the order of their keys, which differ.
  sorts: [['.day', 'article'], ['.rows', 'li']],
  // Says this instead.
  says: {
    '[data-part=greeting]': 'Good day', '[data-part=summary]': 'All quiet.', '[data-part=foot]': 'Recording', '.moment .what b': 'Motion', '.moment .tag .glass': '00:00', '.moment .name': 'Front door',
    '[data-coverage]': 'Recorded', '.receipt b': '00', '.receipt .small': 'Day', 'span.words': 'two words', '.key': 'key', '.print': 'fingerprint', '.trust dd:first-of-type': 'Stoop home', '[data-quality]': 'Main', '.about > span': 'Stoop', '.hour .small': 'recorded', '.words .small': 'lines',
  },
}

/**
 * Stops the page's scripts, and takes from it what differs from one start to the
 * next. Nothing of it works after that.
 */
export async function still(page) {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Emulation.setScriptExecutionDisabled', { value: true })
  await page.evaluate(mask, [css, varies])
  await page.evaluate(() => document.fonts.ready.then(() => {}))
}

/** In the page. */
function mask([css, { gone, first, says, sorts }]) {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(css)
  document.adoptedStyleSheets = [sheet]
  const all = (selector, root = document) => [...root.querySelectorAll(selector)]
  for (const e of all(gone)) e.remove()
  for (const [list, item, n] of first) for (const l of all(list)) all(item, l).slice(n).forEach((e) => e.remove())
  for (const [selector, text] of Object.entries(says)) for (const e of all(selector)) e.textContent = text
  for (const e of all('dt')) if (e.textContent.trim() === 'Its key') e.nextElementSibling.textContent = 'two words'
  for (const e of all('[data-on-air]')) e.hidden = false
  for (const e of all('.receipt li')) e.className = ''
  for (const e of all('.film')) {
    e.classList.remove('old', 'wait')
    if (e.dataset.play) e.dataset.play = 'playing'
  }
  for (const [list, item] of sorts) for (const l of all(list)) l.append(...all(`:scope > ${item}`, l).sort((a, b) => (a.textContent < b.textContent ? -1 : 1)))
  for (const e of all('input')) {
    const value = { date: '2026-01-02', time: '12:00', 'datetime-local': '2026-01-02T12:00:00' }[e.type]
    if (value && e.value) e.value = value
    else if (/text|url/.test(e.type)) e.value = e.value.replace(/:\d+/, ':00')
  }
  const plain = (s) =>
    s.replace(/\b(January|February|March|April|May|June|July|August|September|October|November|December)\b(?= \d)/g, 'March')
      .replace(/\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b(?= \d)/g, 'Mar')
      .replace(/\b(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b/g, 'Friday').replace(/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b/g, 'Fri').replace(/\bYesterday\b/, 'Today')
     .replace(/(\d+ (h|min|s|ms)\b ?)+/g, '00 min ')
      .replace(/\d[\d.,:]*/g, '00').replace(/00 [AP]M\b/g, '00').replace(/([^ ])PM\b/g, '$1AM').replace(/00 ([kMGT]?B)\b/g, '00 MB').replace(/\/[\w./-]*\/footage/g, '/footage')
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walk.nextNode()) {
    if (walk.currentNode.parentElement.closest('.steps, .raw, code')) continue
    const was = walk.currentNode.data
    const now = plain(was)
    if (was !== now) walk.currentNode.data = now
  }
  // What was under way when the scripts were stopped changes nothing more.
  for (const change of ['append', 'after', 'before', 'prepend', 'replaceWith', 'replaceChildren']) Element.prototype[change] = () => {}
  document.querySelector = () => null
  document.querySelectorAll = () => []
}
