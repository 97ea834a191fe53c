package checker

import (
	"cmp"
	"io"
	"math"
	"slices"

	"github.com/anishathalye/porcupine"
)

// maxPictured is how many operations a picture shows with all their neighbours;
// larger contradictions are cut down to their core.
const maxPictured = 100

// WriteHTML writes porcupine's interactive picture of the violation: a page
// that needs no network. It shows all operations of the key until the offending
// one returned or, if they are more than a hundred, only those that contradict
// each other, which have no linear order on their own either.
//
// The same violation gives the same bytes. Times are nanoseconds, or positions
// if the history is untimed; calls without a known end reach to the right edge.
func (v *Violation) WriteHTML(w io.Writer) error {
	calls := slices.Clone(v.found.calls)
	if len(calls) > maxPictured {
		calls = v.found.essence()
	}
	s := search{model: v.found.model, calls: calls, exact: true, limit: explainSteps}
	model, ops := s.problem()
	s.dress(ops)
	model.DescribeOperation = func(input, _ any) string { return describeCall(input.(*call)) }
	model.DescribeOperationMetadata = func(input any) string { return v.history.line(involved(input.(*call))) }
	_, info := porcupine.CheckOperationsVerbose(model, ops, 0)
	sortPartials(info)
	s.limit = math.MaxInt // drawing steps through what was found once more
	return porcupine.Visualize(model, info, w)
}

// essence returns the offending call and its core.
func (c *contradiction) essence() []call {
	var calls []call
	for i := range c.calls {
		if x := &c.calls[i]; x == c.last || slices.Contains(c.core, x) {
			calls = append(calls, *x)
		}
	}
	return calls
}

// dress gives the operations their times and lanes. An open call overlaps what
// its client asks next, so each of them gets a lane of its own.
func (s *search) dress(ops []porcupine.Operation) {
	var clients []string
	edge := int64(math.MinInt64)
	for i := range s.calls {
		c := &s.calls[i]
		if !slices.Contains(clients, c.op.Client) {
			clients = append(clients, c.op.Client)
		}
		edge = max(edge, c.at+1)
		if c.ret != noEnd {
			edge = max(edge, c.ret+1)
		}
	}
	slices.SortFunc(clients, compareNatural)
	lanes := len(clients)
	for i := range ops {
		c := &s.calls[i]
		ops[i].ClientId = slices.Index(clients, c.op.Client)
		if c.open {
			ops[i].ClientId = lanes
			lanes++
		}
		ops[i].Call, ops[i].Return = c.at, min(c.ret, edge)
		ops[i].Metadata = c
	}
}

func describeCall(c *call) string {
	text := shorten(phrase(c.op), 30)
	if c.open {
		return text + ": unknown"
	}
	if c.op.Output.IsNil() && c.op.Op != "read" && c.op.Op != "dequeue" {
		return text
	}
	return text + ": " + shorten(c.op.Output.String(), 30)
}

// sortPartials puts the partial linearizations, which come out of a map, into an
// order of their own: the longest first, then by their operations.
func sortPartials(info porcupine.LinearizationInfo) {
	for _, partials := range info.PartialLinearizations() {
		slices.SortFunc(partials, func(a, b []int) int {
			return cmp.Or(cmp.Compare(len(b), len(a)), slices.Compare(a, b))
		})
	}
}
