// Turns messages to this browser on and off.
import { begin } from './begin'
import { say } from './words'

begin()

type State = 'on' | 'off' | 'insecure' | 'lacks' | 'denied' | 'failed'

const card = document.querySelector('[data-phone]') as HTMLElement
const button = (name: string): HTMLButtonElement => card.querySelector(`[data-turn=${name}]`) as HTMLButtonElement

function show(state: State): void {
  for (const line of card.querySelectorAll<HTMLElement>('[data-when]')) line.hidden = line.dataset.when !== state
  button('on').hidden = state !== 'off' && state !== 'failed'
  button('off').hidden = state !== 'on'
}

/** What this browser is called among others. */
function called(): string {
  const agent = navigator.userAgent
  const browser = ['Edg', 'OPR', 'Firefox', 'Chrome', 'Safari'].find((b) => agent.includes(`${b}/`)) ?? 'Browser'
  const system = ['Android', 'iPhone', 'iPad', 'Windows', 'Mac', 'Linux'].find((s) => agent.includes(s))
  const name = { Edg: 'Edge', OPR: 'Opera' }[browser] ?? browser
  return system ? `${name}, ${system}` : name
}

async function ask(address: string, options?: RequestInit): Promise<Response> {
  const res = await fetch(address, { headers: { 'Content-Type': 'application/json' }, ...options })
  if (!res.ok) throw new Error(`${address}: ${res.status}`)
  return res
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))
}

async function state(): Promise<State> {
  if (!isSecureContext) return 'insecure'
  if (!('serviceWorker' in navigator) || !('PushManager' in window)) return 'lacks'
  if (Notification.permission === 'denied') return 'denied'
  const registration = await navigator.serviceWorker.getRegistration('/')
  return (await registration?.pushManager.getSubscription()) ? 'on' : 'off'
}

async function turnOn(): Promise<State> {
  if ((await Notification.requestPermission()) !== 'granted') return 'denied'
  const { key } = (await (await ask('/api/v1/push')).json()) as { key: string }
  const words = new URLSearchParams(['answer', 'silence', 'open', 'why'].map((action) => [action, say(`alert_${action}`)]))
  await navigator.serviceWorker.register(`/sw.js?${words}`, { scope: '/' })
  const { pushManager } = await navigator.serviceWorker.ready
  const got = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) })
  const { endpoint, keys } = got.toJSON()
  try {
    await ask('/api/v1/channels', {
      method: 'POST',
      body: JSON.stringify({ kind: 'webpush', name: called(), settings: { endpoint, p256dh: keys?.p256dh, auth: keys?.auth } }),
    })
  } catch (e) {
    await got.unsubscribe() // or the next look would say that it is on
    throw e
  }
  return 'on'
}

/** The home forgets this browser when its push service says that it is gone. */
async function turnOff(): Promise<State> {
  const registration = await navigator.serviceWorker.getRegistration('/')
  await (await registration?.pushManager.getSubscription())?.unsubscribe()
  return 'off'
}

for (const [name, turn] of [['on', turnOn], ['off', turnOff]] as const) {
  button(name).addEventListener('click', () => {
    button(name).disabled = true
    turn()
      .catch((): State => 'failed')
      .then((now) => {
        show(now)
        if (now === 'on') location.replace(`${location.pathname}?saved=1`) // with this browser among the channels
      })
      .finally(() => (button(name).disabled = false))
  })
}

void state().then(show, () => show('failed'))
