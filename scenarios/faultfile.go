package scenarios

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/orrery-sim/orrery/faults"
)

// ReadFaults reads a file of faults, one a line. Empty lines and those that begin
// with # count for nothing. All errors are reported, each with its place.
func ReadFaults(path string) (faults.Schedule, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var schedule faults.Schedule
	var errs []error
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimPrefix(strings.TrimSpace(line), "- ")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f, err := faults.Parse(line)
		for _, e := range unjoin(err) {
			errs = append(errs, fmt.Errorf("%s:%d: %w", path, number, e))
		}
		schedule = append(schedule, f)
	}
	return schedule, errors.Join(errs...)
}
