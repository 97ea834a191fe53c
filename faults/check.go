package faults

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// Check says what is wrong with the fault in a cluster, as far as it can be known
// before it happens: a name that nobody has, a selection of nothing or of more than
// there is, a time that is past. The error is an [Errors], with words instead of
// columns.
func (f Fault) Check(c Cluster) error {
	if errs := f.checkForm(); errs != nil {
		return errs
	}
	var errs Errors
	if now := c.World().Now(); f.At < now {
		errs = append(errs, &Error{Word: "at", Text: fmt.Sprintf("it is past %s: it is already %s", durationText(f.At), durationText(now))})
	}
	for _, cond := range f.conditions() {
		if !slices.Contains(c.Roles(), cond.Role) {
			errs = append(errs, &Error{
				Word: cond.Role, Text: fmt.Sprintf("there is no role %q%s", cond.Role, didYouMean(cond.Role, c.Roles())),
				Hint: "roles are " + cmp.Or(brief(c.Roles()), "none"),
			})
		}
	}
	var before Where
	walk(f.What, func(a Act) {
		if a.Where.isThere() {
			if err := a.checkThere(before); err != nil {
				errs = append(errs, err)
				return
			}
			a.Where = before
		}
		if len(a.Where.Groups) > 0 {
			before = a.Where
		}
		if err := a.check(c); err != nil {
			errs = append(errs, err)
		}
	})
	return errs.orNil()
}

// checkForm finds faults that no text stands for: those made by a program, and
// badly.
func (f Fault) checkForm() error {
	line := f.String()
	parsed, err := Parse(line)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(f, parsed) {
		return Errors{{Text: fmt.Sprintf("the fault is written %q, which is another fault", line), Hint: "make faults with Parse"}}
	}
	return nil
}

// checkThere says whether the act can be done where the one before it was.
func (a Act) checkThere(before Where) *Error {
	shape := lookup(a.Verb).shape()
	switch {
	case len(before.Groups) == 0:
		return &Error{Word: there, Text: `there is no act before it that has a place`}
	case before.Sep != "" && !slices.Contains(shape.seps(), before.Sep):
		return &Error{Word: there, Text: fmt.Sprintf("%s: the act before has %s, expected %s", a.Verb, before, shape)}
	}
	return nil
}

// conditions are all those in the fault.
func (f Fault) conditions() []Condition {
	list := []Condition{f.After, f.Until.That}
	var visit func(w What)
	each := func(ws []What) {
		for _, w := range ws {
			visit(w)
		}
	}
	visit = func(w What) {
		switch w := w.(type) {
		case Timed:
			list = append(list, w.After.That, w.Until)
			visit(w.What)
		case Together:
			each(w)
		case Then:
			each(w)
		case Pick:
			each(w)
		}
	}
	visit(f.What)
	return slices.DeleteFunc(list, Condition.isZero)
}

// check resolves the act as far as that can be done before the run.
func (a Act) check(c Cluster) *Error {
	rand := c.World().Rand("fault", "check")
	r := newResolver(c, rand)
	r.before = true
	_, err := r.aim(a)
	var e *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e):
		return &Error{Word: e.Word, Text: a.Verb + ": " + e.Text, Hint: e.Hint}
	}
	return &Error{Word: a.Verb, Text: fmt.Sprintf("%s: %v", a, err)}
}

// Check is [Fault.Check] of each. The error names the faults that are wrong.
func (s Schedule) Check(c Cluster) error {
	var errs []error
	for _, f := range s {
		if err := f.Check(c); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", f, err))
		}
	}
	return errors.Join(errs...)
}
