//go:build !race

package sim

import "time"

// hangAfter is the default of Config.HangAfter.
const hangAfter = 5 * time.Second
