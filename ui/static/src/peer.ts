// What each WebRTC connection with the recorder begins and ends with.
import { answer } from './answer'

/** Offers a connection at url. The recorder looks for no candidates: it is found by ours. */
export async function offer(pc: RTCPeerConnection, url: string, signal?: AbortSignal): Promise<Response> {
  await pc.setLocalDescription()
  return send(pc, url, signal)
}

/** Sends the offer that pc has made. */
export function send(pc: RTCPeerConnection, url: string, signal?: AbortSignal): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: pc.localDescription?.sdp, signal })
}

/** Ends a connection and its session. The recorder is told first: it knows none of a connection that was closed. */
export function hangUp(pc: RTCPeerConnection, session?: string): void {
  if (!session) return pc.close()
  void answer(session, () => undefined, { method: 'DELETE', keepalive: true }).then(() => pc.close())
}
