// Records a quick reply: at most 15 s from the microphone, as WAV of 16 kHz, mono.
import { refusal } from './answer'
import { begin } from './begin'

begin()

type State = 'ready' | 'records' | 'listen' | 'insecure' | 'denied' | 'failed'

const rate = 16000
const longest = 15 // seconds, as the recorder takes it

const card = document.querySelector('[data-recorder]') as HTMLElement
const button = (name: string): HTMLButtonElement => card.querySelector(`[data-do=${name}]`) as HTMLButtonElement
const form = card.querySelector('[data-keep]') as HTMLFormElement
const heard = card.querySelector('[data-heard]') as HTMLAudioElement
const problem = card.querySelector('[data-problem]') as HTMLElement

let kept: Blob | undefined
let end = (): void => undefined

function show(state: State): void {
  for (const line of card.querySelectorAll<HTMLElement>('[data-when]')) line.hidden = line.dataset.when !== state
  button('record').hidden = state === 'records' || state === 'insecure'
  button('stop').hidden = state !== 'records'
  form.hidden = state !== 'listen'
}

/** What the microphone hears until somebody presses Stop, in the browser's own form. */
async function listen(microphone: MediaStream): Promise<Blob> {
  const parts: Blob[] = []
  const recorder = new MediaRecorder(microphone)
  recorder.addEventListener('dataavailable', (e) => parts.push(e.data))
  const stopped = new Promise((done) => recorder.addEventListener('stop', done, { once: true }))
  end = () => {
    if (recorder.state !== 'inactive') recorder.stop()
  }
  const late = setTimeout(end, longest * 1000)
  recorder.start()
  await stopped
  clearTimeout(late)
  return new Blob(parts)
}

/** Samples at the rate that is kept. */
async function decoded(sound: Blob): Promise<Float32Array> {
  const whole = await new OfflineAudioContext(1, 1, rate).decodeAudioData(await sound.arrayBuffer())
  const mix = new OfflineAudioContext(1, Math.max(1, Math.min(whole.length, longest * rate)), rate)
  const source = mix.createBufferSource()
  source.buffer = whole
  source.connect(mix.destination)
  source.start()
  return (await mix.startRendering()).getChannelData(0)
}

/** A WAV file with nothing but its samples. */
function wav(samples: Float32Array): Blob {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length))
  const word = (at: number, text: string): void => [...text].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)))
  word(0, 'RIFF')
  view.setUint32(4, 36 + 2 * samples.length, true)
  word(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, rate, true)
  view.setUint32(28, 2 * rate, true)
  view.setUint16(32, 2, true)
  view.setUint16(34, 16, true)
  word(36, 'data')
  view.setUint32(40, 2 * samples.length, true)
  samples.forEach((v, i) => view.setInt16(44 + 2 * i, Math.round(32767 * Math.max(-1, Math.min(1, v))), true))
  return new Blob([view], { type: 'audio/wav' })
}

async function record(): Promise<State> {
  let microphone: MediaStream
  try {
    microphone = await navigator.mediaDevices.getUserMedia({ audio: true })
  } catch {
    return 'denied'
  }
  show('records')
  try {
    kept = wav(await decoded(await listen(microphone)))
  } finally {
    for (const track of microphone.getTracks()) track.stop()
  }
  if (heard.src) URL.revokeObjectURL(heard.src)
  heard.src = URL.createObjectURL(kept)
  return 'listen'
}

button('record').addEventListener('click', () => {
  record().then(show, () => show('failed'))
})
button('stop').addEventListener('click', () => end())

async function keep(): Promise<void> {
  const name = String(new FormData(form).get('name'))
  const res = await fetch(`/api/v1/replies?${new URLSearchParams({ name })}`, { method: 'POST', headers: { 'Content-Type': 'audio/wav' }, body: kept })
  if (res.ok) {
    location.reload()
    return
  }
  problem.textContent = await refusal(res)
}

form.addEventListener('submit', (e) => {
  e.preventDefault()
  keep().catch(() => show('failed'))
})

show(isSecureContext ? 'ready' : 'insecure')
