// The broker of all windows, where the browser has workers that windows share.
import { Broker } from './broker'

const broker = new Broker()
addEventListener('connect', (e) => broker.connect((e as MessageEvent).ports[0]))
