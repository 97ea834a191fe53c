package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A workload is something that every simulator can be asked to do. Its cost is
// given per message or per wake-up: those are the same in all of them, whereas
// each counts events in its own way.
type workload struct {
	name string
	what string
	per  time.Duration // virtual time per message or wake-up
	n    int           // messages or wake-ups in one run

	// targets are how many times faster than each peer Orrery is meant to be.
	targets map[string]float64
}

const (
	actors   = 1000  // of W2
	sleepers = 10000 // of W3
	period   = 10 * time.Millisecond
	minSleep = time.Millisecond
	maxSleep = 100 * time.Millisecond
	minDelay = time.Millisecond
	maxDelay = 5 * time.Millisecond

	// warmUp runs before the measured part: slices and stacks have grown, and
	// in W3 the sleepers have spread out, when it ends.
	warmUp = 200 * time.Millisecond
)

var workloads = []workload{
	{
		name: "W1", what: "two processes, a link of 1 ms, ping-pong",
		per: time.Millisecond, n: 2_000_000,
		targets: map[string]float64{"synctest": 5, "simgo": 20},
	},
	{
		name: "W1-handler", what: "W1 with inline handlers or callbacks in place of processes",
		per: time.Millisecond, n: 2_000_000,
	},
	{
		name: "W2", what: "1,000 actors, each every 10 ms a message to a random other, which replies; latency 1-5 ms",
		per: period / (2 * actors), n: 2_000_000,
		targets: map[string]float64{"synctest": 4, "simgo": 15},
	},
	{
		name: "W2-handler", what: "W2, received by inline handlers or callbacks",
		per: period / (2 * actors), n: 2_000_000,
	},
	{
		name: "W3", what: "10,000 processes sleep a random 1-100 ms, again and again",
		per: (minSleep + maxSleep) / 2 / sleepers, n: 3_000_000,
		targets: map[string]float64{"synctest": 1.5, "simgo": 4},
	},
}

// span is the virtual time in which about n messages or wake-ups happen.
func (l *workload) span(n int) time.Duration { return time.Duration(n) * l.per }

// A runner does one workload for so much virtual time after the warm-up, and
// measures that part of it.
type runner func(t *testing.T, span time.Duration) sample

// A peer is a simulator with its runners, by the name of the workload. Each is
// written in the fastest form that is natural to it.
type peer struct {
	name string
	runs map[string]runner
}

var peers = []peer{
	{"orrery", map[string]runner{
		"W1": orreryW1, "W1-handler": orreryW1Handler,
		"W2": orreryW2, "W2-handler": orreryW2Handler,
		"W3": orreryW3,
	}},
	{"synctest", map[string]runner{
		"W1": synctestW1, "W1-handler": synctestW1Callback,
		"W2": synctestW2, "W2-handler": synctestW2Callback,
		"W3": synctestW3,
	}},
}

// find returns what "peer/workload" names.
func find(name string) (runner, *workload, error) {
	p, l, _ := strings.Cut(name, "/")
	for i := range workloads {
		if workloads[i].name != l {
			continue
		}
		for _, peer := range peers {
			if peer.name == p {
				return peer.runs[l], &workloads[i], nil
			}
		}
	}
	return nil, nil, fmt.Errorf("unknown run %q, expected one of: %s", name, strings.Join(runNames(), " "))
}

func runNames() []string {
	var names []string
	for _, l := range workloads {
		for _, p := range peers {
			names = append(names, p.name+"/"+l.name)
		}
	}
	return names
}
