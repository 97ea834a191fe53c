package draw

import (
	"fmt"
	"strconv"
	"time"
)

// Clock renders a virtual time with a fixed number of digits: 5.123456s.
func Clock(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	return fmt.Sprintf("%s%d.%06ds", sign, d/time.Second, d%time.Second/time.Microsecond)
}

// Thousands renders a number so that one sees how large it is: 340,000.
func Thousands(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
