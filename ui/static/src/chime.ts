// The sound of the bell: two tones, again and again, where the browser lets a page
// be heard that nobody has touched.
const again = 4 // s from one to the next
const times = 11 // within the 45 s that it rings

/**
 * Begins to chime; calling what it returns ends that. All of it is written down for
 * the sound card at once: in a page that is not looked at timers come late.
 */
export function chime(): () => void {
  let sound: AudioContext
  try {
    sound = new AudioContext()
  } catch {
    return () => {} // there is no sound here
  }
  let begun = false
  const strike = () => {
    if (begun || sound.state !== 'running') return
    begun = true
    for (let n = 0; n < times; n++) {
      tone(sound, 659, n * again)
      tone(sound, 523, n * again + 0.45)
    }
  }
  sound.onstatechange = strike
  strike()
  return () => {
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
