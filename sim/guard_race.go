//go:build race

package sim

import "time"

// hangAfter is the default of Config.HangAfter. Under the race detector an honest step
// takes twenty times as long, and more on a busy machine.
const hangAfter = time.Minute
