// The sound of the bell: two tones, again and again, where the browser lets a page
// be heard that nobody has touched.
const again = 4000 // ms from one to the next

/** Begins to chime; calling what it returns ends that. */
export function chime(): () => void {
  let sound: AudioContext
  try {
    sound = new AudioContext()
  } catch {
    return () => {} // there is no sound here
  }
  const strike = () => {
    if (sound.state !== 'running') return
    tone(sound, 659, 0)
    tone(sound, 523, 0.45)
  }
  sound.onstatechange = strike
  strike()
  const timer = setInterval(strike, again)
  return () => {
    clearInterval(timer)
    sound.onstatechange = null
    void sound.close()
  }
}

function tone(sound: AudioContext, frequency: number, after: number): void {
  const at = sound.currentTime + after
  const volume = new GainNode(sound, { gain: 0 })
  const wave = new OscillatorNode(sound, { frequency, type: 'sine' })
  volume.gain.setValueAtTime(0.25, at)
  volume.gain.exponentialRampToValueAtTime(0.001, at + 1.4)
  wave.connect(volume).connect(sound.destination)
  wave.start(at)
  wave.stop(at + 1.5)
}
