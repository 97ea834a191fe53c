package faults

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Unit says what an [Amount] counts, and how it is written.
type Unit uint8

// The units. Each has bounds, outside of which an amount is an error.
const (
	Time     Unit = iota // a length of time in nanoseconds: 100ms
	Shift                // a time forward or back in nanoseconds: -2s
	Factor               // how many times as long, in thousandths: 10x, 1.5x
	Percent              // a probability in millionths: 20%, 0.01%
	PPM                  // parts per million, in thousandths: +50000ppm
	Rate                 // bytes per second: 64KB/s, of 1000 bytes
	Count                // a number: 3
	Event                // the number of an event of the run: 8112
	numUnits = iota
)

// Amount is how much of something a fault does: a delay, a probability. It is kept
// as an integer, so that it prints as exactly what it is.
type Amount struct {
	Unit Unit
	N    int64 // as the unit says
}

// longest bounds every time in a fault, so that sums of them cannot overflow.
const longest = 100_000 * time.Hour

// units holds, for each unit, its name in the forms of the catalog, an example,
// and its bounds.
var units = [numUnits]struct {
	name, example string
	least, most   int64
	bounds        string
}{
	Time:    {"duration", "100ms", 1, int64(longest), "above 0 and at most 100000h"},
	Shift:   {"shift", "-2s", -int64(longest), int64(longest), "at most 100000h forward or back"},
	Factor:  {"factor", "10x", 1001, 1e9, "above 1x and at most 1000000x"},
	Percent: {"percentage", "20%", 1, 1e6, "above 0% and at most 100%"},
	PPM:     {"drift", "+50000ppm", -1e9 + 1, 1e12, "above -1000000ppm and at most 1000000000ppm"},
	Rate:    {"rate", "64KB/s", 1, 1e15, "at least 1B/s and at most 1000000GB/s"},
	Count:   {"count", "3", 1, 1e9, "at least 1 and at most 1000000000"},
	Event:   {"number", "8112", 1, 1e15, "at least 1 and at most 1000000000000000"},
}

// unitNamed finds the unit of that name, as in the forms of the catalog.
func unitNamed(name string) (Unit, bool) {
	for u := range units {
		if units[u].name == name {
			return Unit(u), true
		}
	}
	return 0, false
}

// rates are the sizes of a rate, the largest first.
var rates = []struct {
	suffix string
	size   int64
}{{"GB/s", 1e9}, {"MB/s", 1e6}, {"KB/s", 1e3}, {"B/s", 1}}

// Duration is the amount as a time; of use for Time and Shift only.
func (a Amount) Duration() time.Duration { return time.Duration(a.N) }

// Float is the amount in whole units: 0.2 for 20%, 10 for 10x, 50000 for 50000ppm.
func (a Amount) Float() float64 {
	switch a.Unit {
	case Factor, PPM:
		return float64(a.N) / 1e3
	case Percent:
		return float64(a.N) / 1e6
	}
	return float64(a.N)
}

// String renders the amount as it is written in a fault.
func (a Amount) String() string {
	switch a.Unit {
	case Time, Shift:
		return durationText(time.Duration(a.N))
	case Factor:
		return decimalText(a.N, 3) + "x"
	case Percent:
		return decimalText(a.N, 4) + "%"
	case PPM:
		sign := ""
		if a.N > 0 {
			sign = "+"
		}
		return sign + decimalText(a.N, 3) + "ppm"
	case Rate:
		for _, r := range rates {
			if a.N%r.size == 0 {
				return strconv.FormatInt(a.N/r.size, 10) + r.suffix
			}
		}
	}
	return strconv.FormatInt(a.N, 10)
}

// parseAmount reads an amount of a unit. It says whether the word is one at all,
// and if it is, what is wrong with how much it is.
func parseAmount(u Unit, word string) (a Amount, ok bool, wrong string) {
	a.Unit = u
	switch u {
	case Time, Shift:
		d, err := time.ParseDuration(word)
		a.N, ok = int64(d), err == nil
	case Factor:
		a.N, ok = parseSuffixed(word, "x", 3)
	case Percent:
		a.N, ok = parseSuffixed(word, "%", 4)
	case PPM:
		a.N, ok = parseSuffixed(word, "ppm", 3)
	case Rate:
		a.N, ok = parseRate(word)
	case Count, Event:
		a.N, ok = parseDecimal(word, 0)
	}
	if info := &units[u]; ok && (a.N < info.least || a.N > info.most) {
		wrong = fmt.Sprintf("a %s must be %s", info.name, info.bounds)
	}
	return a, ok, wrong
}

func parseSuffixed(word, suffix string, decimals int) (int64, bool) {
	number, found := strings.CutSuffix(word, suffix)
	n, ok := parseDecimal(number, decimals)
	return n, found && ok
}

func parseRate(word string) (int64, bool) {
	for _, r := range rates {
		if number, found := strings.CutSuffix(word, r.suffix); found {
			n, ok := parseDecimal(number, 0)
			return n * r.size, ok && n <= units[Rate].most/r.size
		}
	}
	return 0, false
}

// parseDecimal reads a decimal number with at most so many places, as an integer
// of its last place.
func parseDecimal(word string, places int) (int64, bool) {
	unsigned := strings.TrimPrefix(word, "+")
	negative := false
	if unsigned == word {
		unsigned, negative = strings.CutPrefix(word, "-")
	}
	whole, fraction, hasPoint := strings.Cut(unsigned, ".")
	if whole == "" || len(fraction) > places || hasPoint && fraction == "" {
		return 0, false
	}
	n, err := strconv.ParseUint(whole+fraction+strings.Repeat("0", places-len(fraction)), 10, 63)
	if negative {
		return -int64(n), err == nil
	}
	return int64(n), err == nil
}

// decimalText is the inverse of parseDecimal, without zeros at the end.
func decimalText(n int64, places int) string {
	digits, sign := strconv.FormatInt(n, 10), ""
	if n < 0 {
		digits, sign = digits[1:], "-"
	}
	if missing := places + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	point := len(digits) - places
	fraction := strings.TrimRight(digits[point:], "0")
	if fraction != "" {
		fraction = "." + fraction
	}
	return sign + digits[:point] + fraction
}

// durationText is time.Duration's String without parts that are zero: 1m, not
// 1m0s.
func durationText(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}

// ParseAmount reads an amount of a unit as it is written in a fault.
func ParseAmount(u Unit, word string) (Amount, error) {
	a, ok, wrong := parseAmount(u, word)
	switch {
	case !ok:
		return Amount{}, fmt.Errorf("%q is no %s such as %s", word, units[u].name, units[u].example)
	case wrong != "":
		return Amount{}, errors.New(wrong)
	}
	return a, nil
}
