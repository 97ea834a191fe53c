package checker

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
)

// Session is a check of one of the four session guarantees of Terry, Demers,
// Petersen, Spreitzer, Theimer and Welch, "Session Guarantees for Weakly
// Consistent Replicated Data" (PDIS 1994), section 3, on a history of reads and
// writes of registers. A session is all that one client asked, in its order.
//
// The paper speaks of the writes that each server has, a history only of what
// clients were answered. So the check asks whether there can be an order of the
// writes of each key with which every answer keeps the guarantee; without one, it is
// violated. It looks at each read R of a session that returned the version V:
//
//   - The guarantee says which versions F of that key R must have had at least:
//     see [ReadYourWrites] and the others. V must not be before F in the order.
//   - The order agrees with time, as wherever one primary takes all writes in:
//     V is before F if V was there before F was asked for. A version is there
//     when its write was acknowledged or when somebody has read it, whichever is
//     first. What a key has at first, nil, is before all.
//
// A value stands for the version that it was written as: no two writes of a key
// may have the same value. A write of unknown outcome is there from when it is
// first read; until then it promises its session nothing. Failed operations are left
// out, and a read of unknown outcome says nothing.
//
// Only what is proven counts as violated: versions that were written at the same
// time, and that nobody read in an order, may be in any.
type Session struct {
	name, doc string

	// least returns what a read must have had at least.
	least func(s *sessions, read int) []floor
}

// ReadYourWrites is the guarantee that a read has the effects of all writes that
// its session made before it (section 3.1). F is the last version that the session
// wrote to the key and that was acknowledged.
var ReadYourWrites = Session{"read-your-writes", "a read returns what its own session wrote before, or something later", readYourWrites}

// MonotonicReads is the guarantee that a read has the effects of all writes that
// earlier reads of its session returned (section 3.2). F is the version that the
// session's last read of the key returned.
var MonotonicReads = Session{"monotonic-reads", "a read returns what its own session read before, or something later", monotonicReads}

// MonotonicWrites is the guarantee that the writes of a session take effect
// everywhere in their order (section 3.4). F is a version that some session wrote,
// and that was acknowledged, before it wrote what this one has read since.
//
// A history does not tell servers apart: a session whose reads go to an older server
// after a newer one sees this too. Where monotonic-reads holds, it is the writes.
var MonotonicWrites = Session{"monotonic-writes", "who has read a write has all that the same session wrote before it", monotonicWrites}

// WritesFollowReads is the guarantee that a write takes effect everywhere behind
// the writes that its session had read before (section 3.3): who sees the answer has the
// question. F is a version that some session read before it wrote what this one
// has read since. What is said of servers at [MonotonicWrites] goes for it too.
var WritesFollowReads = Session{"writes-follow-reads", "who has read a write has all that its session had read before it", writesFollowReads}

// Sessions are the four session guarantees.
var Sessions = []Session{ReadYourWrites, MonotonicReads, MonotonicWrites, WritesFollowReads}

// Name returns the guarantee's name: read-your-writes.
func (c Session) Name() string { return c.name }

// Doc says in one line what the check promises.
func (c Session) Doc() string { return c.doc }

// Check judges h. It is Unknown, with its problems listed, if [History.Validate]
// refuses it, if it has operations other than read and write, or if a value that
// was read cannot be told to be one version.
func (c Session) Check(h History, limits Limits) Result {
	if c.least == nil {
		panic("checker: the zero Session: take one from Sessions")
	}
	res := Result{Check: c.name, Claim: c.doc}
	if err := h.Validate(); err != nil {
		return res.unjudged("the history is not possible", err)
	}
	s := &sessions{h: &h, limit: limits.steps()}
	if err := s.prepare(); err != nil {
		return res.unjudged("the versions that were read cannot be told", err)
	}
	res.count(h)
	res.Keys = len(s.keys)
	c.judge(s, &res)
	res.Steps = s.steps
	return res
}

// judge takes the keys one by one and explains the earliest violation.
func (c Session) judge(s *sessions, res *Result) {
	if !s.observe(c.least) {
		res.Reason = fmt.Sprintf("step limit %d reached for what the reads must have had", s.limit)
		return
	}
	res.Verdict = OK
	var first *regression
	for _, k := range s.keys {
		s.spent = 0
		if r := s.contradicted(k); r != nil {
			res.ViolatedKeys = append(res.ViolatedKeys, k.name)
			if first == nil || s.returns(r.read) < s.returns(first.read) {
				first = r
			}
		}
		if s.steps += s.spent; s.spent > s.limit {
			res.Verdict, res.Reason = Unknown, fmt.Sprintf("step limit %d reached", s.limit)
		}
	}
	if first != nil {
		res.Verdict, res.Reason = Violated, ""
		res.Violation = s.explain(c.name, first)
	}
}

// sessions is a history made ready for checks of its sessions.
type sessions struct {
	h        *History
	keys     []*keyVersions // in natural order
	byName   map[string]*keyVersions
	clients  []string         // in the order of their first operations
	ordered  map[string][]int // by client, its operations that are ok, in their order
	place    []int            // of each of them there
	lanes    map[lane][]int
	glimpses map[int][]glimpse // by read; nil until somebody asks
	limit    int               // of steps for each key
	spent    int               // of them, for this key
	steps    int               // for all keys
}

// exhausted says whether it has taken too much to find out what the reads must have
// had; then there is no verdict.
func (s *sessions) exhausted() bool { return s.steps > s.limit*len(s.keys) }

// version is one write of a key, or what it has at first.
type version struct {
	op    int   // the write, or -1
	asked int64 // when it was asked for
	there int64 // by when it had taken effect; noEnd if that is not known
}

// keyVersions is what happened to a key.
type keyVersions struct {
	name     string
	versions []version // the first is nil
	numbers  map[Value]int
	reads    []int // that are ok, by their returns
	floors   map[int][]floor
	final    []version // as they stand when all reads have returned
}

// tells says whether it is news that a version is not after another: time may say so.
func (k *keyVersions) tells(before, after int) bool {
	return before != after && before != 0 && k.final[before].there >= k.final[after].asked
}

// floor is a version that a read must have had at least, and why.
type floor struct {
	version int
	why     []int // the operations from which that follows
}

// prepare sorts the operations and gives the versions their numbers.
func (s *sessions) prepare() error {
	p := &problemList{}
	s.byName, s.ordered, s.place = map[string]*keyVersions{}, map[string][]int{}, make([]int, len(s.h.Ops))
	s.lanes = map[lane][]int{}
	for i := range s.h.Ops {
		op := &s.h.Ops[i]
		if op.Outcome == OutcomeFailed {
			continue
		}
		k := s.key(op.Key)
		if op.Op == "write" {
			_, twice := k.numbers[op.Input]
			if op.Input.IsNil() || twice {
				p.add(i, op, "the value was there before, expected each write of a key to have one of its own")
			}
			k.numbers[op.Input] = len(k.versions)
			k.versions = append(k.versions, version{i, op.Call, noEnd})
		} else if op.Op != "read" {
			p.add(i, op, "sessions are judged by reads and writes alone")
		}
		if op.Outcome == OutcomeOK {
			if s.ordered[op.Client] == nil {
				s.clients = append(s.clients, op.Client)
			}
			s.ordered[op.Client] = append(s.ordered[op.Client], i)
		}
	}
	for i := range s.h.Ops {
		if op := &s.h.Ops[i]; op.Op == "read" && op.Outcome == OutcomeOK {
			k := s.key(op.Key)
			n, known := k.numbers[op.Output]
			if !known || op.Return < k.versions[n].asked {
				p.add(i, op, fmt.Sprintf("nothing had written the answer %s by then", shorten(op.Output.String(), 40)))
			}
			k.reads = append(k.reads, i)
		}
	}
	s.sort()
	err := p.err()
	for _, k := range s.keys {
		if err == nil && len(k.reads) > 0 {
			k.final = s.upTo(k, len(k.reads))
		}
	}
	return err
}

func (s *sessions) key(name string) *keyVersions {
	k := s.byName[name]
	if k == nil {
		const always = -1 << 63
		k = &keyVersions{name: name, versions: []version{{-1, always, always}}, numbers: map[Value]int{Nil: 0}, floors: map[int][]floor{}}
		s.byName[name] = k
		s.keys = append(s.keys, k)
	}
	return k
}

func (s *sessions) sort() {
	slices.SortFunc(s.keys, func(a, b *keyVersions) int { return compareNatural(a.name, b.name) })
	for _, k := range s.keys {
		slices.SortStableFunc(k.reads, func(a, b int) int { return cmp.Compare(s.returns(a), s.returns(b)) })
	}
	for _, list := range s.ordered { // order-free: each by itself
		slices.SortStableFunc(list, func(a, b int) int {
			return cmp.Or(cmp.Compare(s.h.Ops[a].Call, s.h.Ops[b].Call), cmp.Compare(s.returns(a), s.returns(b)))
		})
		for at, i := range list {
			s.place[i] = at
			op := &s.h.Ops[i]
			l := lane{op.Client, op.Op, op.Key}
			s.lanes[l] = append(s.lanes[l], i)
		}
	}
}

func (s *sessions) returns(i int) int64 { return s.h.Ops[i].Return }

// seen is the version that a read returned.
func (s *sessions) seen(read int) int {
	op := &s.h.Ops[read]
	return s.byName[op.Key].numbers[op.Output]
}

// before returns what the client of an operation had been answered before it.
func (s *sessions) before(i int) []int {
	op := &s.h.Ops[i]
	list := s.ordered[op.Client]
	if op.Outcome == OutcomeOK {
		return list[:s.place[i]]
	}
	return list[:sort.Search(len(list), func(n int) bool { return s.returns(list[n]) > op.Call })]
}

// lane is what a client did with a key, in its order.
type lane struct{ client, op, key string }

// did returns what a client did with a key before some operation of its own.
func (s *sessions) did(op, key string, before int) []int {
	list := s.lanes[lane{s.h.Ops[before].Client, op, key}]
	end := len(s.before(before))
	return list[:sort.Search(len(list), func(n int) bool { return s.place[list[n]] >= end })]
}

// last is the last of what did returns, or -1.
func (s *sessions) last(op, key string, before int) int {
	if list := s.did(op, key, before); len(list) > 0 {
		return list[len(list)-1]
	}
	return -1
}

// written is the version that a write made.
func (s *sessions) written(write int) int {
	op := &s.h.Ops[write]
	return s.byName[op.Key].numbers[op.Input]
}

func readYourWrites(s *sessions, read int) []floor {
	if w := s.last("write", s.h.Ops[read].Key, read); w >= 0 {
		return []floor{{s.written(w), []int{w}}}
	}
	return nil
}

func monotonicReads(s *sessions, read int) []floor {
	if r := s.last("read", s.h.Ops[read].Key, read); r >= 0 {
		return []floor{{s.seen(r), []int{r}}}
	}
	return nil
}

// glimpse is a write that a client has read.
type glimpse struct{ write, read int }

// shown returns, for each session, its last write that the client had read before
// it made this read.
func (s *sessions) shown(read int) []glimpse {
	if s.glimpses == nil {
		s.glimpses = map[int][]glimpse{}
		for _, client := range s.clients {
			s.look(s.ordered[client])
		}
	}
	return s.glimpses[read]
}

// look goes through what one client was answered.
func (s *sessions) look(list []int) {
	var now []glimpse
	for _, r := range list {
		if s.h.Ops[r].Op != "read" {
			continue
		}
		s.glimpses[r] = now
		v := s.seen(r)
		if v == 0 || s.exhausted() {
			continue
		}
		w := s.byName[s.h.Ops[r].Key].versions[v].op
		at := slices.IndexFunc(now, func(g glimpse) bool { return s.h.Ops[g.write].Client == s.h.Ops[w].Client })
		switch {
		case at < 0:
			now = append(slices.Clip(now), glimpse{w, r})
		case s.h.Ops[w].Call > s.h.Ops[now[at].write].Call:
			now = slices.Clone(now)
			now[at] = glimpse{w, r}
		}
		s.steps += len(now)
	}
}

func monotonicWrites(s *sessions, read int) []floor {
	var floors []floor
	for _, g := range s.shown(read) {
		s.steps++
		if w := s.last("write", s.h.Ops[read].Key, g.write); w >= 0 {
			floors = append(floors, floor{s.written(w), []int{w, g.write, g.read}})
		}
	}
	return floors
}

// writesFollowReads takes all that a writer read, since nothing is said here of the
// order in which it did, but for what time says already.
func writesFollowReads(s *sessions, read int) []floor {
	var floors []floor
	k := s.byName[s.h.Ops[read].Key]
	for _, g := range s.shown(read) {
		known := map[int]bool{}
		for _, r := range slices.Backward(s.did("read", k.name, g.write)) {
			s.steps++
			if s.returns(r) < k.final[s.seen(read)].asked {
				break
			}
			if v := s.seen(r); !known[v] {
				known[v] = true
				floors = append(floors, floor{v, []int{r, g.write, g.read}})
			}
		}
	}
	return floors
}
