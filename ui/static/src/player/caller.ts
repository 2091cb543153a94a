// Who rings, live, on pages that play nothing of that camera. Loaded when somebody does.
import { unfit } from './fit'
import { Way } from './way'

/**
 * Plays a camera into video by WebRTC: the large stream, or the small one where
 * that does not come or the link is too slow. Tells whether it moves each time
 * that changes; where neither comes it never does. Returns what ends it.
 */
export function play(video: HTMLVideoElement, address: string, moves: (now: boolean) => void): () => void {
  const targets = ['main', 'sub'].map((stream) => ({ address, stream, mime: '' }))
  const start = () => {
    while (targets.length > 0 && unfit(targets[0])) targets.shift() // by fMP4 it would take a connection that the page may need
    if (targets.length > 0) way.start(targets[0])
  }
  const next = () => {
    way.stop()
    targets.shift()
    moves(false)
    start()
  }
  const way = new Way(video, { picture: () => moves(true), lost: () => moves(false), slow: next, unplayable: next, refused: next })
  start()
  return () => way.stop()
}
