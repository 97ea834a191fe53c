package panes_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/tui/panes"
	"github.com/orrery-sim/orrery/tui/study"
	"github.com/orrery-sim/orrery/tui/tape"
)

// traced gives the pane the spans of an operation, as the model does.
func traced(t *testing.T, w *panes.Waterfall, tp *tape.Tape, operation uint64) {
	t.Helper()
	spans, err := study.Trace(t.Context(), tp.Scenario(), tp.Options(), operation)
	w.SetSpans(operation, spans, err)
}

// operationLike returns the first operation of a tape that is as wanted.
func operationLike(t *testing.T, tp *tape.Tape, wanted func(op *checker.Operation) bool) *checker.Operation {
	t.Helper()
	ops := tp.AllOperations()
	for i := range ops {
		if wanted(&ops[i]) {
			return &ops[i]
		}
	}
	t.Fatal("there is no such operation")
	return nil
}

func slowWrite(op *checker.Operation) bool {
	return op.Op == "write" && op.Outcome == checker.OutcomeOK && op.Return-op.Call > 100e6
}

func TestWaterfallScreens(t *testing.T) {
	tp := recorded(t, "raft/minority-leader", 42)
	op := operationLike(t, tp, slowWrite)
	w := panes.NewWaterfall()
	w.Show(sceneAt(tp, op.CallEvent+40))
	traced(t, w, tp, op.CallEvent)
	screens(t, w, "waterfall-raft")

	tp = recorded(t, "tiers/every-tier", 42)
	op = operationLike(t, tp, func(op *checker.Operation) bool { return op.Call > 8e9 && op.Outcome != checker.OutcomeOK })
	w = panes.NewWaterfall()
	w.Show(sceneAt(tp, op.CallEvent+40))
	traced(t, w, tp, op.CallEvent)
	press(t, w, "down", "down")
	screens(t, w, "waterfall-tiers")
}

// TestWaterfallByHand: somebody selects a write, has it traced, folds what is not of
// interest, and goes to where a span ended.
func TestWaterfallByHand(t *testing.T) {
	tp := recorded(t, "raft/minority-leader", 42)
	op := operationLike(t, tp, slowWrite)
	w := panes.NewWaterfall()
	s := sceneAt(tp, op.CallEvent)
	w.Show(s)
	saw(t, w, "select an operation of a client")
	if say, ok := w.Press("t").(panes.Say); !ok || !strings.Contains(say.Text, "select an operation") {
		t.Errorf("%#v", say)
	}
	s.Selected.Operation = op.CallEvent
	w.Show(s)
	saw(t, w, "press t to see what it did", op.Client+": write "+op.Key)
	if a := press(t, w, "t"); a != (panes.AskTrace{Operation: op.CallEvent}) {
		t.Errorf("%#v", a)
	}
	saw(t, w, "running again")
	traced(t, w, tp, op.CallEvent)
	saw(t, w, op.Client+": write "+op.Key, "critical path", "% ")
	unseen(t, w, "running again")

	all := strings.Count(w.Render(100, 60, true).String(), "\n")
	if a := press(t, w, "enter"); a != (panes.GoTo{Event: op.CallEvent}) {
		t.Errorf("enter on the operation: %#v", a)
	}
	if a := press(t, w, "e"); a != (panes.GoTo{Event: op.ReturnEvent}) {
		t.Errorf("e on the operation: %#v", a)
	}
	if a := press(t, w, "w"); a != (panes.AskWhy{Event: op.ReturnEvent}) {
		t.Errorf("w on the operation: %#v", a)
	}
	saw(t, w, "- "+op.Client)
	press(t, w, "left")
	saw(t, w, "+ "+op.Client)
	unseen(t, w, "call ")
	press(t, w, "right", "down")
	saw(t, w, "- "+op.Client, "call ")
	first, _ := press(t, w, "enter").(panes.GoTo)
	if e, ok := tp.Event(first.Event); !ok || first.Event <= op.CallEvent || e.At.Nanoseconds() > op.Return {
		t.Errorf("the span below begins with event %d", first.Event)
	}
	press(t, w, "left", "left") // folds it, and goes to the operation
	if a := press(t, w, "enter"); a != (panes.GoTo{Event: op.CallEvent}) {
		t.Errorf("%#v", a)
	}
	if n := strings.Count(w.Render(100, 60, true).String(), "\n"); n != all {
		t.Errorf("%d lines, expected %d", n, all)
	}
	press(t, w, "left")
	spans, err := study.Trace(t.Context(), tp.Scenario(), tp.Options(), op.CallEvent)
	w.SetSpans(op.CallEvent, spans, err)
	saw(t, w, "- "+op.Client) // others are shown from their beginning
	press(t, w, "left")
	w.SetSpans(op.CallEvent, spans, err)
	saw(t, w, "+ "+op.Client) // the same stay as they are
	press(t, w, "right")
	w.Click(3, 3)
	if a := w.Click(3, 3); a != panes.Action(first) {
		t.Errorf("two clicks on the second span: %#v, expected %#v", a, first)
	}
}

// TestWaterfallNear: what took little of the time is seen when the time is that of one span.
func TestWaterfallNear(t *testing.T) {
	tp := recorded(t, "raft/minority-leader", 42)
	op := operationLike(t, tp, slowWrite)
	w := panes.NewWaterfall()
	w.Show(sceneAt(tp, op.CallEvent))
	traced(t, w, tp, op.CallEvent)
	bar := func() int { // of the first call: its length
		line := strings.Split(w.Render(100, 30, true).String(), "\n")[3]
		return strings.Count(line, "─")
	}
	if bar() > 2 {
		t.Errorf("the first call has a bar of %d columns", bar())
	}
	press(t, w, "down", "z")
	saw(t, w, "z: all of it again")
	if bar() < 40 {
		t.Errorf("near by it has a bar of %d columns", bar())
	}
	press(t, w, "z")
	if bar() > 2 {
		t.Errorf("from afar again it has a bar of %d columns", bar())
	}
}

// TestWaterfallLate: spans that come when another operation has been asked for are not
// shown, and what went wrong is told.
func TestWaterfallLate(t *testing.T) {
	tp := recorded(t, "raft/minority-leader", 42)
	w := panes.NewWaterfall()
	w.Show(sceneAt(tp, 1))
	ops := tp.AllOperations()
	w.Await(ops[5].CallEvent)
	traced(t, w, tp, ops[3].CallEvent)
	saw(t, w, "running again")
	w.SetSpans(ops[5].CallEvent, nil, errors.New("the disk is on fire"))
	saw(t, w, "✕ the disk is on fire")
	w.Await(ops[3].CallEvent)
	traced(t, w, tp, ops[3].CallEvent)
	saw(t, w, "critical path")
	s := sceneAt(tp, 1)
	s.Selected.Operation = ops[9].CallEvent
	w.Show(s)
	saw(t, w, "(t: trace "+ops[9].Client)
}

func TestWaterfallAnywhere(t *testing.T) {
	tp := recorded(t, "raft/minority-leader", 42)
	w := panes.NewWaterfall()
	traced(t, w, tp, tp.AllOperations()[7].CallEvent)
	anywhere(t, w, tp, recorded(t, "replica/split-brain", 42), emptyTape(t))
	panes.NewWaterfall().Render(80, 24, false)
}
