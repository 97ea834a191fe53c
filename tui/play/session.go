package play

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/tui/tape"
)

// Session is a run that somebody plays with.
type Session struct {
	script Script
	tape   *tape.Tape
	taped  Script     // what the tape is of: the script, unless next is there
	next   *tape.Tape // of the script, until it has come to the moment that is shown
	did    string     // by the last change of the script
	undone []change
	past   []change

	event     uint64
	at        time.Duration // the moment shown: that of the event or later, but before the next
	instant   bool          // all that happens at that moment is shown, not the event as the last
	target    uint64        // the event to be shown once the tape has come so far; 0 is none
	bookmarks []uint64
}

// change is a script that was, and what was done to it.
type change struct {
	script Script
	did    string
}

// Open begins to play a script, at its first instant.
func Open(s Script) (*Session, error) {
	t, err := tape.Keep(s.Base(), s.Options(), s.Keep)
	if err != nil {
		return nil, err
	}
	return &Session{script: s, tape: t, taped: s, instant: true}, nil
}

// Close ends the run.
func (s *Session) Close() {
	s.tape.Stop()
	if s.next != nil {
		s.next.Stop()
	}
}

// Script returns what is played.
func (s *Session) Script() Script { return s.script }

// Tape returns the run. After a change it is that from before until the new one has
// come to the moment that is shown, see [Session.Follow].
func (s *Session) Tape() *tape.Tape { return s.tape }

// Event returns the last event of the moment that is shown.
func (s *Session) Event() uint64 { return s.event }

// At returns the moment that is shown.
func (s *Session) At() time.Duration { return s.at }

// Go moves to just after an event, once the tape has come so far; to the last if there
// is none of that number.
func (s *Session) Go(event uint64) {
	s.target, s.instant = 0, false
	if p := s.tape.Progress(); event > p.Events && !p.Ended {
		s.target = event
	}
	s.event = min(event, s.tape.Events())
	s.at = s.shown()
}

// GoAt moves to a time, once the tape has come so far.
func (s *Session) GoAt(at time.Duration) {
	s.target, s.instant = 0, true
	s.at = max(0, min(at, s.tape.Progress().End))
	s.event = s.tape.ByTime(s.at)
}

// Follow goes on to the moment that is to be shown, as the tape grows. It says whether
// it is there.
func (s *Session) Follow() bool {
	if s.arrive(); s.next != nil {
		return false
	}
	p := s.tape.Progress()
	if s.target != 0 {
		s.Go(s.target)
		return s.target == 0
	}
	if p.Ended {
		s.at = min(s.at, p.End)
	}
	if s.instant {
		s.event = s.tape.ByTime(s.at)
	} else {
		s.at = s.shown() // which was not known if the tape had dropped it
	}
	return (p.Ended || s.at < p.At) && s.tape.Has(s.event)
}

// shown is the time of the event that is shown.
func (s *Session) shown() time.Duration { return s.tape.Time(s.event) }

// here says whether all is known that depends on the moment that is shown.
func (s *Session) here() error {
	if s.tape.Has(s.event) && s.tape.Has(s.event+1) || s.event >= s.tape.Events() {
		return nil
	}
	return errors.New("the run is being run again to this moment: do it when it is there")
}

// Step moves by so many events.
func (s *Session) Step(by int) {
	if by < 0 && uint64(-by) > s.event {
		s.Go(0)
		return
	}
	s.Go(uint64(int64(s.event) + int64(by)))
}

// StepTo moves to the next event that is wanted, or, backward, to the one before, or as far
// as the tape has not dropped what lies between. It says whether there is one.
func (s *Session) StepTo(forward bool, wanted func(e *sim.Event) bool) bool {
	from, found := s.event+1, uint64(0)
	if !forward {
		if s.event <= 1 {
			return false
		}
		from = s.event - 1
	}
	last := s.event
	missing := s.tape.Scan(from, forward, func(e *sim.Event) bool {
		last = e.Number
		if wanted(e) {
			found = e.Number
		}
		return found == 0
	})
	if missing { // as far as it is there: from there one can go on
		if found = last + 1; !forward {
			found = last - 1
		}
	}
	if found != 0 {
		s.Go(found)
	}
	return found != 0
}

// Now is the time at which something that is done now is done: after all that is
// shown, and before all that is not.
func (s *Session) Now() time.Duration {
	shown := s.shown()
	next := shown + time.Millisecond
	if e, ok := s.tape.Event(s.event + 1); ok {
		next = e.At
	}
	if s.at > shown && s.at <= next {
		return s.at
	}
	return Between(shown, next)
}

// Do does something now, text as it stands behind the colon of a fault, and moves on
// to where it has been done. What happens at the same instant as the event that is shown
// happens before.
func (s *Session) Do(what string) error {
	if err := s.here(); err != nil {
		return err
	}
	now := s.settle()
	script, err := s.script.Do(now, what)
	if err != nil {
		return err
	}
	return s.changeAt(now, script, fmt.Sprintf("%s at %v", what, now))
}

// settle moves on to the last event of the instant that is shown, and returns when
// something happens that is done now.
func (s *Session) settle() time.Duration {
	if e, ok := s.tape.Event(s.event); ok && s.at == e.At {
		s.event = max(s.event, s.tape.ByTime(e.At))
	}
	return s.Now()
}

// End ends what was done by hand, by its index, now.
func (s *Session) End(act int) error {
	if err := s.here(); err != nil {
		return err
	}
	now := s.settle()
	script, err := s.script.End(act, now)
	if err != nil {
		return err
	}
	return s.changeAt(now, script, "end of "+s.script.Acts[act].What.String())
}

// changeAt goes on with another script from a moment at which it does something.
func (s *Session) changeAt(at time.Duration, script Script, did string) error {
	before, instant := s.at, s.instant
	s.at, s.instant = at, true
	err := s.change(script, did)
	if err != nil {
		s.at, s.instant = before, instant
	}
	return err
}

// Change goes on with another script.
func (s *Session) Change(script Script, did string) error {
	if err := script.Check(); err != nil {
		return err
	}
	return s.change(script, did)
}

func (s *Session) change(script Script, did string) error {
	before := change{s.script, s.did}
	if err := s.run(script); err != nil {
		return err
	}
	s.past, s.undone, s.did = append(s.past, before), nil, did
	return nil
}

// run runs a script, from where it differs from what is on the tape.
func (s *Session) run(script Script) error {
	since, known := s.taped.Diverges(script)
	var t *tape.Tape
	var err error
	if known {
		t, err = s.tape.Again(script.Base(), script.Options(), s.tape.ByTime(since-1))
	} else {
		t, err = tape.Keep(script.Base(), script.Options(), script.Keep)
	}
	if err != nil {
		return err
	}
	s.Close()
	s.script, s.next = script, t
	s.arrive()
	return nil
}

// arrive goes over to the new tape if it has come to the moment that is shown.
func (s *Session) arrive() {
	if s.next == nil {
		return
	}
	p := s.next.Progress()
	if !p.Ended && (p.At < s.at || p.At == s.at && s.instant) {
		return
	}
	since, known := s.taped.Diverges(s.script)
	s.tape, s.taped, s.next = s.next, s.script, nil
	if !known || since < s.at { // events have other numbers now
		s.GoAt(s.at)
	}
}

// Undo takes back the last change, and says what it was; Redo makes it again.
func (s *Session) Undo() (did string, err error) {
	if len(s.past) == 0 {
		return "", nil
	}
	last := s.past[len(s.past)-1]
	now := change{s.script, s.did}
	if err := s.run(last.script); err != nil {
		return "", err
	}
	s.past, s.undone = s.past[:len(s.past)-1], append(s.undone, now)
	did, s.did = s.did, last.did
	return did, nil
}

// Redo makes the change again that was taken back last, and says what it is.
func (s *Session) Redo() (did string, err error) {
	if len(s.undone) == 0 {
		return "", nil
	}
	next := s.undone[len(s.undone)-1]
	before := change{s.script, s.did}
	if err := s.run(next.script); err != nil {
		return "", err
	}
	s.undone, s.past = s.undone[:len(s.undone)-1], append(s.past, before)
	s.did = next.did
	return next.did, nil
}

// Fork is another session at the same moment of the same run, in which what was done by
// hand later has not been done: it goes on differently from here.
func (s *Session) Fork() (*Session, error) {
	if s.next != nil {
		return nil, errors.New("the run is being run again: fork when it has come to this moment")
	}
	if err := s.here(); err != nil {
		return nil, err
	}
	script, event, at, instant := s.script, s.event, s.at, s.instant
	if now := s.doing(); now > 0 {
		event, instant = s.tape.ByTime(now-1), false
		at = s.tape.Time(event)
	}
	script.Acts = slices.DeleteFunc(slices.Clone(script.Acts), func(f faults.Fault) bool { return f.At > at })
	t, err := s.tape.Again(script.Base(), script.Options(), event)
	if err != nil {
		return nil, err
	}
	return &Session{script: script, tape: t, taped: script, event: event, at: at, instant: instant, bookmarks: slices.Clone(s.bookmarks)}, nil
}

// doing is the time of something that has begun to be done at the event that is shown,
// and is not done yet: a fault is an event with its line, and then what it does. It is 0
// if all is done.
func (s *Session) doing() time.Duration {
	shown, _ := s.tape.Event(s.event)
	next, ok := s.tape.Event(s.event + 1)
	if cause, _ := s.tape.Event(next.Cause); ok && shown.At == next.At && cause.At == next.At && cause.Kind == sim.KindAct {
		return next.At
	}
	return 0
}

// Bookmark sets a bookmark at the event that is shown, or takes it away.
func (s *Session) Bookmark() (set bool) {
	i, have := slices.BinarySearch(s.bookmarks, s.event)
	if have {
		s.bookmarks = slices.Delete(s.bookmarks, i, i+1)
	} else {
		s.bookmarks = slices.Insert(s.bookmarks, i, s.event)
	}
	return !have
}

// Bookmarks returns the bookmarks in order. It is not to be changed.
func (s *Session) Bookmarks() []uint64 { return s.bookmarks }

// Report returns what is known of the run when it has ended, or nil.
func (s *Session) Report() *scenarios.Report {
	if s.next != nil {
		return nil
	}
	return s.tape.Progress().Report
}
