// Speaks at a camera: while a button is held, or hands-free until it is pressed again.
import { answer, refusal } from './answer'
import { hangUp, offer } from './peer'
import { hear } from './windows'
import { say } from './words'

type Phase = 'ready' | 'asks' | 'connects' | 'talks'

interface Told {
  camera: number
  who?: string
  silent?: string
}

const lastWord = 150 // ms in which what was said before the button was let go is still sent
const holdDoor = 1200 // ms for which the button of the door is held: nobody does that by mistake

/** One talk, from the button to its end. */
class Talk {
  #ended = false
  #location?: string
  #microphone?: MediaStream
  #through = false // it was connected
  readonly #pc = new RTCPeerConnection()

  constructor(private readonly address: string, private readonly show: (phase: Phase) => void, private readonly fail: (why: string) => void) {}

  async begin(): Promise<void> {
    this.show('asks')
    try {
      this.#microphone = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } })
    } catch {
      return this.#over(say('talk_denied'))
    }
    if (this.#ended) return this.#close() // the button was let go while the browser asked
    this.show('connects')
    this.#pc.onconnectionstatechange = () => {
      const state = this.#pc.connectionState
      if (state === 'connected') {
        this.#through = true
        this.show('talks')
      } else if (state === 'failed' || state === 'disconnected') this.#over(say(this.#through ? 'talk_lost' : 'talk_unreached'))
    }
    this.#pc.addTransceiver(this.#microphone.getAudioTracks()[0], { direction: 'sendonly' })
    const res = await offer(this.#pc, this.address)
    if (!res.ok) return this.#over(await refusal(res))
    this.#location = res.headers.get('Location') ?? undefined
    if (this.#ended) return this.#close()
    await this.#pc.setRemoteDescription({ type: 'answer', sdp: await res.text() })
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    setTimeout(() => this.#close(), this.#location ? lastWord : 0)
  }

  #over(why: string): void {
    if (!this.#ended) this.fail(why)
    this.#ended = true
    this.#location = undefined // it ends by itself
    this.#close()
  }

  #close(): void {
    for (const track of this.#microphone?.getTracks() ?? []) track.stop()
    hangUp(this.#pc, this.#location)
    this.#location = undefined
  }
}

/** Gives the buttons of a camera's speaker, and of its door, their work. */
export function talk(bar: HTMLElement, film: HTMLVideoElement): void {
  const camera = Number(bar.dataset.talk)
  const api = `/api/v1/cameras/${camera}`
  const button = (name: string) => bar.querySelector<HTMLButtonElement>(`[data-do=${name}]`)
  const hold = button('hold')
  const free = button('free')
  const said = bar.querySelector('[data-said]') as HTMLElement
  const trust = bar.querySelector('[data-trust]') as HTMLElement
  const tell = (text: string) => (said.textContent = text)
  let now: Talk | undefined
  let muted: boolean | undefined // how the film was before it was hushed

  const phase = (p: Phase) => {
    bar.dataset.phase = p
    free?.setAttribute('aria-pressed', String(p !== 'ready' && bar.dataset.free === 'on'))
    tell(p === 'ready' ? '' : say(`talk_${p}`))
  }
  const rest = (why = '') => {
    now = undefined
    phase('ready')
    if (why) tell(why)
    if (muted !== undefined) film.muted = muted
    muted = undefined
  }
  const begin = (handsFree: boolean) => {
    if (now) return
    if (!isSecureContext || !navigator.mediaDevices) {
      trust.hidden = false
      return void tell(say('talk_insecure'))
    }
    bar.dataset.free = handsFree ? 'on' : ''
    // Hands-free, the browser takes its own sound out of what the microphone hears.
    if (!handsFree) {
      muted = film.muted
      film.muted = true
    }
    const mine = new Talk(`${api}/talk`, (p) => now === mine && phase(p), (why) => now === mine && rest(why))
    now = mine
    mine.begin().catch(() => {
      mine.end()
      if (now === mine) rest(say('talk_failed'))
    })
  }
  const end = () => {
    now?.end()
    if (now) rest()
  }
  if (hold) press(hold, () => begin(false), end)
  free?.addEventListener('click', () => (now ? end() : begin(true)))
  addEventListener('pagehide', end)

  let chimes = false // what is heard there is our own test
  button('test')?.addEventListener('click', () => {
    chimes = true
    void answer(`${api}/speaker/test`, async (res) => {
      chimes = res.ok
      tell(res.ok ? say('talk_tested') : await refusal(res))
    }, { method: 'POST' })
  })

  const open = button('open')
  if (open) {
    let wait = 0
    const letGo = () => {
      clearTimeout(wait)
      open.classList.remove('held')
    }
    press(open, () => {
      open.classList.add('held')
      wait = window.setTimeout(() => {
        letGo()
        tell(say('door_opens'))
        void answer(`${api}/door/open`, async (res) => tell(res.ok ? say('door_open') : await refusal(res)), { method: 'POST' })
      }, holdDoor)
    }, letGo)
  }

  hear(({ talk: news }) => {
    if (news === undefined) return
    const here = (JSON.parse(news) as Told[]).find((t) => t.camera === camera)
    const other = here?.who !== undefined
    if (now || (chimes && other)) return
    for (const b of [hold, free, button('test')]) if (b) b.disabled = other
    if (!chimes) tell(other ? say('talk_other') : here?.silent ? say('talk_silent') : '')
    chimes = false
  })
}

/** Calls down when a button is pressed, by finger, mouse or key, and up when it is let go. */
function press(b: HTMLButtonElement, down: () => void, up: () => void): void {
  b.addEventListener('pointerdown', (e) => {
    if (e.button !== 0) return
    b.setPointerCapture(e.pointerId)
    down()
  })
  for (const end of ['pointerup', 'pointercancel', 'lostpointercapture', 'blur']) b.addEventListener(end, up)
  b.addEventListener('contextmenu', (e) => e.preventDefault()) // a long touch is no menu here
  const key = (e: KeyboardEvent) => e.key === ' ' || e.key === 'Enter'
  b.addEventListener('keydown', (e) => {
    if (!key(e)) return
    e.preventDefault()
    if (!e.repeat) down()
  })
  b.addEventListener('keyup', (e) => key(e) && up())
}
