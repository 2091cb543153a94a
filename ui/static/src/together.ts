// Several cameras at one moment of the past.
import { begin } from './begin'

begin(() => {}) // what was recorded stays as it is
