package spacetime

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// thin chooses the messages that are drawn, so many at most, and says what was left out.
// The cluster's own business goes first, such as heartbeats, and of that what there is
// most of; then what was sent for operations, lost, held or refused; then what is rare,
// such as votes, and last what belongs to the marked operations.
func thin(messages []*Message, most int, marked map[uint64]string) (drawn []*Message, left string) {
	if len(messages) <= most {
		return messages, ""
	}
	const rare = 20
	count := map[string]int{}
	for _, m := range messages {
		count[m.Type]++
	}
	rank := func(m *Message) int {
		switch {
		case marked[m.Operation] != "":
			return 0
		case count[m.Type] <= rare:
			return 1
		case m.Operation != 0 || m.Fate == Lost || m.Fate == Refused || m.Held:
			return 2
		}
		return 3
	}
	order := slices.Clone(messages)
	slices.SortStableFunc(order, func(a, b *Message) int {
		byRank := cmp.Compare(rank(a), rank(b))
		if byRank == 0 && rank(a) == 3 {
			return cmp.Or(cmp.Compare(count[a.Type], count[b.Type]), strings.Compare(a.Type, b.Type))
		}
		return byRank
	})
	last := rank(order[most])
	first := slices.IndexFunc(order, func(m *Message) bool { return rank(m) == last && (last != 3 || m.Type == order[most].Type) })
	end := first
	for end < len(order) && rank(order[end]) == last && (last != 3 || order[end].Type == order[most].Type) {
		end++
	}
	keep := map[*Message]bool{}
	for _, m := range order[:first] {
		keep[m] = true
	}
	room, all := most-first, end-first // of those that are alike, some from everywhere
	for i := range room {
		keep[order[first+i*all/room]] = true
	}
	missing := map[string]int{}
	var types []string
	for _, m := range messages {
		if keep[m] {
			drawn = append(drawn, m)
			continue
		}
		if missing[m.Type] == 0 {
			types = append(types, m.Type)
		}
		missing[m.Type]++
	}
	slices.SortStableFunc(types, func(a, b string) int { return cmp.Compare(missing[b], missing[a]) })
	const named = 4
	var parts []string
	for _, t := range types[:min(named, len(types))] {
		parts = append(parts, fmt.Sprintf("%d %s", missing[t], t))
	}
	if len(types) > named {
		parts = append(parts, "and others")
	}
	return drawn, fmt.Sprintf("%d of %d messages are not drawn: %s", len(messages)-len(drawn), len(messages), strings.Join(parts, ", "))
}
