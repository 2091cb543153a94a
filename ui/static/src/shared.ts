// The hub of all windows, where the browser has workers that windows share.
import { Hub } from './hub'

const hub = new Hub()
addEventListener('connect', (e) => hub.connect((e as MessageEvent).ports[0]))
