// The service worker: it shows what the home tells, and opens the page when somebody
// touches it. It keeps no pages and answers no requests.
export {}

interface Told {
  id: string
  kind: string
  at: string
  title: string
  text: string
  link: string
  why_link?: string
  picture: boolean
  urgent: boolean
  gone: boolean
  missed: boolean
}

// What TypeScript does not know of a worker without its own library.
interface Shown { tag: string; close(): void }
interface Extendable extends Event { waitUntil(p: Promise<unknown>): void }
interface Pushed extends Extendable { data: { json(): unknown } | null }
interface Touched extends Extendable { action: string; notification: Shown & { data?: { link?: string; why?: string } } }
interface Window_ { url: string; focus(): Promise<unknown>; navigate(to: string): Promise<unknown> }
interface Changed extends Extendable { oldSubscription?: PushSubscription; newSubscription?: PushSubscription }
const worker = self as unknown as EventTarget & {
  registration: ServiceWorkerRegistration & { getNotifications(filter: { tag: string }): Promise<Shown[]>; showNotification(title: string, options: object): Promise<void> }
  clients: { matchAll(options: object): Promise<Window_[]>; openWindow(to: string): Promise<unknown> }
  skipWaiting(): Promise<void>
}

worker.addEventListener('install', () => void worker.skipWaiting())
worker.addEventListener('push', (e) => (e as Pushed).waitUntil(tell((e as Pushed).data)))
worker.addEventListener('notificationclick', (e) => {
  const touched = e as Touched
  touched.notification.close()
  if (touched.action === 'silence') return
  const { link, why } = touched.notification.data ?? {}
  touched.waitUntil(show(path(touched.action === 'why' ? why : link), touched.action === 'answer'))
})
worker.addEventListener('pushsubscriptionchange', (e) => (e as Changed).waitUntil(renew(e as Changed)))

/** Shows a message, in the place of the one before with its id. */
async function tell(data: Pushed['data']): Promise<void> {
  const m = data?.json() as Told | undefined
  if (!m || typeof m.id !== 'string' || typeof m.title !== 'string') return
  if (m.gone) {
    for (const n of await worker.registration.getNotifications({ tag: m.id })) n.close()
    // A browser that was shown nothing for a message takes the right to send them away.
    await worker.registration.showNotification(m.title, { body: m.text, tag: m.id, silent: true, icon: '/static/icon-192.png', data: { link: m.link } })
    for (const n of await worker.registration.getNotifications({ tag: m.id })) n.close()
    return
  }
  const ringing = m.kind === 'ring' && !m.missed
  await worker.registration.showNotification(m.title, {
    body: m.text,
    tag: m.id,
    renotify: !m.picture, // the picture comes without a second sound
    silent: m.picture || !m.urgent,
    requireInteraction: ringing,
    timestamp: Date.parse(m.at) || undefined,
    icon: '/static/icon-192.png',
    image: m.picture ? `/api/v1/messages/${encodeURIComponent(m.id)}/picture.jpg` : undefined,
    actions: ringing ? [act('answer'), act('silence')] : m.why_link ? [act('open'), act('why')] : [act('open')],
    data: { link: m.link, why: m.why_link },
  })
}

/** A button; what it says came with the address of this worker. */
const act = (action: string): object => ({ action, title: new URL(location.href).searchParams.get(action) ?? action })

/** Only pages of this home are opened. */
function path(link = '/'): string {
  const to = new URL(link, location.origin)
  return to.origin === location.origin ? to.pathname + to.search + to.hash : '/'
}

/** Goes to the page, in a window that is open if there is one. */
async function show(to: string, answer: boolean): Promise<void> {
  if (answer) to += `${to.includes('?') ? '&' : '?'}answer=1`
  const all = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const there = all.find((w) => new URL(w.url).pathname + new URL(w.url).search === to) ?? all[0]
  if (!there) return void (await worker.clients.openWindow(to))
  await there.focus()
  if (!there.url.endsWith(to)) await there.navigate(to).catch(() => worker.clients.openWindow(to))
}

/** Gives the home the new address of this browser where its push service changed it. */
async function renew(e: Changed): Promise<void> {
  const options = e.oldSubscription?.options
  const fresh = e.newSubscription ?? (options && (await worker.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: options.applicationServerKey })))
  if (!fresh) return
  const { endpoint, keys } = fresh.toJSON()
  await fetch('/api/v1/channels', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ kind: 'webpush', name: 'Browser', settings: { endpoint, p256dh: keys?.p256dh, auth: keys?.auth } }),
  })
}
